//! Numbers of rows, as a list and as a set.

use trainer::dataset::{Numbers, RowSet};

/// Every third row and some of its neighbours: words without, with some, with all bits.
fn is_in(row: usize) -> bool {
    row.is_multiple_of(3) || (128..256).contains(&row) && row != 200
}

#[test]
fn a_set_has_what_was_put_in() {
    for rows in [0, 1, 63, 64, 65, 127, 128, 129, 192, 256, 257, 1000] {
        let set = RowSet::of(rows, is_in);
        let wanted: Vec<u32> = (0..rows as u32).filter(|&row| is_in(row as usize)).collect();
        assert!(set.iter().eq(wanted.iter().copied()), "of {rows}");
        assert_eq!((set.len(), set.is_empty()), (wanted.len(), rows == 0));
        assert!((0..rows).all(|row| set.contains(row) == is_in(row)), "of {rows}");
        let mut same = RowSet::none(rows);
        wanted.iter().rev().chain(&wanted).for_each(|&row| same.insert(row as usize));
        assert_eq!(set, same, "in another order, twice");
    }
}

#[test]
fn a_list_and_a_set_give_the_same() {
    for rows in [0, 1, 2, 64, 300, 1000] {
        let set = RowSet::of(rows, is_in);
        let list: Vec<u32> = set.iter().collect();
        for numbers in [Numbers::List(&list), Numbers::Set(&set)] {
            assert_eq!((numbers.len(), numbers.is_empty()), (list.len(), rows == 0));
            assert!(numbers.iter().eq(list.iter().copied()));
            let copy = numbers.to_vec();
            assert_eq!((&copy, copy.capacity()), (&list, list.len()));
            for size in [1, 7, 256] {
                assert!(numbers.blocks(size).eq(list.chunks(size)), "{rows} rows, blocks of {size}");
            }
            for most in [0, 1, 10, 99, 1000] {
                let count = list.len().min(most);
                let wanted: Vec<u32> = (0..count).map(|i| list[i * list.len() / count]).collect();
                assert_eq!(numbers.spread(most), wanted, "{most} of {}", list.len());
            }
        }
    }
}

#[test]
fn the_order_of_a_list_stays() {
    assert!(Numbers::List(&[5, 1, 5]).iter().eq([5, 1, 5]));
}
