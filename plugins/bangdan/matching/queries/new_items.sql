-- One row is one item that has not been judged as it is now.
select * from items_with_fingerprints
where
    item_id in (
        select item_id from items_of_month
        anti join judged_items using (item_id, fingerprint)
    )
