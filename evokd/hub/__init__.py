"""A run's student or its rows on the Hugging Face hub: `evokd push DIR --to owner/name`.

First a parcel is packed, which says everything that would go and what is refused; nothing is asked
of the hub for that. Sending it is the second step (`sending`).

    address          where to: repository, endpoint, token
    parcel           what goes: files, what stays, what is refused
    student_parcel   a run's student, a student's folder, an exported folder
    rows_parcel      a run's accepted rows
    card             the sections that a card needs beyond the one that a run wrote
    intervals        of its scores, by asking it again
    machine          what names this machine in a config, and a text without it
    held_out         texts of test and dev rows, which never go
    sending          by the hub's own client, with retries
    trouble          what its errors mean, and what to do
"""
