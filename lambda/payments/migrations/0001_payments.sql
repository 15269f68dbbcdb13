-- A payment is written once and never changed: what it holds is the answer that its client got.
-- The limits are those of rules.py, kept here for whoever writes by another way.
CREATE TABLE payments (
    id              uuid PRIMARY KEY,
    idempotency_key text NOT NULL UNIQUE CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    fingerprint     bytea NOT NULL CHECK (length(fingerprint) = 32),
    amount          bigint NOT NULL CHECK (amount BETWEEN 1 AND 9999999999),
    currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    reference       text NOT NULL CHECK (length(reference) BETWEEN 1 AND 64),
    metadata        jsonb NOT NULL CHECK (jsonb_typeof(metadata) = 'object'),
    status          text NOT NULL CHECK (status IN ('accepted')),
    region          text NOT NULL,
    created_at      timestamptz(3) NOT NULL
);

-- Pages of payments, the newest first.
CREATE INDEX payments_newest ON payments (created_at DESC, id DESC);

-- Payments whose object in the transaction log is not known to be written. Filled in the payment's own
-- transaction, emptied after the put: a crash in between leaves the row, and the repair finds it.
CREATE TABLE outbox (
    payment_id uuid PRIMARY KEY REFERENCES payments (id),
    created_at timestamptz(3) NOT NULL
);

CREATE INDEX outbox_oldest ON outbox (created_at);
