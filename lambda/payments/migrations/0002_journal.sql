-- What of an unfinished payment is done: its object in the transaction log, its entry in the peer region's journal.
-- The row goes when both are. What is left from before the journal gets an entry by the repair.
ALTER TABLE outbox
    ADD COLUMN logged    boolean NOT NULL DEFAULT false,
    ADD COLUMN journaled boolean NOT NULL DEFAULT false;
