-- One row is one item that is matched with the posts of a month: of the months $1 to $2 and before the time $3. The texts
-- of all are in records of the months $4 to $5, and no others are read.
select
    item_id,
    fingerprint
from items_with_fingerprints
where
    published_month between $1 and $2
    and published_at_local < $3
    and text_month between $4 and $5
