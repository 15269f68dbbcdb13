"""The data plane of Aurora: a PostgreSQL server for each cluster that the emulator knows, replicating as the API says.

`plan.py` decides, from what is wanted (`wanted.py`, read from the emulator) and what is found (`server.py`, read from
the disk), the one next step of each cluster; `fleet.py` takes it. So an interruption at any point is just a state to
go on from.
"""
