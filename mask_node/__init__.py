"""A camera board: camera -> faces -> mask states -> passages -> outbox -> MQTT.

Read in the order of the data:

1. `sources` give pictures, `vision` finds faces and their states in them, `sight` judges what else a picture shows.
2. `assignment` and `tracking` follow faces; `evidence`, `sprt` and `passage` make one verdict per person of them. All
   pure. `looking` puts 1 and 2 in one row; `watch` and `detect` print what comes of it, `show` draws it.
3. `disk` and `outbox` keep a verdict, `telling` sends it until the hub has it; `pictures` hides faces in evidence.
4. `supervise` begins anew what is stuck. Its parts: `seeing` (with `accelerator`) and `keeping`; `relay`, whose rule is
   `fallback`; `hearing` with `commands` and `obeying` (`lamp`); `reporting` with `vitals`. `service` is all of it.
5. `config` with `config_seeing` is `node.yaml`; `cli` with `beginning` and `checking` is the command, `systemd` what it
   says to systemd. `trial` tries the whole way.
"""
