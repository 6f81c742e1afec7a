//! Plain Rust, which the compiler vectorises as it can; on small processors loops of few registers.

use super::super::portable::Portable;
use crate::arch::{SMALL, compact};
use crate::int8::{Accumulate, INPUTS, OUTPUTS, Product, TILE};

impl Accumulate for Portable {
    #[inline(always)]
    fn accumulate(self, p: Product<'_>) {
        if SMALL { small(p) } else { wide(p) }
    }
}

/// Tile by tile, sixteen inputs as 16-bit numbers.
fn wide(p: Product<'_>) {
    for (b, sums) in p.sums.iter_mut().enumerate() {
        for (tile, x) in Product::row(p.tiles, b, p.stride, p.x.len()).iter().zip(p.x) {
            add_tile(tile, x, sums);
        }
    }
}

#[inline(always)]
fn add_tile(tile: &[u8; TILE], x: &[i8; INPUTS], sums: &mut [i32; OUTPUTS]) {
    // 16 bits hold a product; the bytes with k even are w + 128.
    let mut products = [0i32; TILE];
    for i in 0..TILE {
        let w = (tile[i] ^ if i % 2 == 0 { 0x80 } else { 0 }) as i8;
        products[i] = i32::from(i16::from(w) * i16::from(x[i / 16 * 4 + i % 4]));
    }
    for (i, product) in products.into_iter().enumerate() {
        sums[i / 4 % OUTPUTS] = sums[i / 4 % OUTPUTS].wrapping_add(product);
    }
}

/// Four inputs stay in registers for the four outputs. The bytes with k even are read as they are, unsigned; what is too much,
/// 128 x_k for each of them, is the same for every output and taken away first. A function of its own, for its registers.
#[inline(never)]
fn small(p: Product<'_>) {
    let mut excess = 0;
    for x in p.x.as_flattened().iter().step_by(2) {
        excess += 128 * i32::from(*x);
        compact();
    }
    for (block, sums) in p.sums.iter_mut().enumerate() {
        let mut sum = sums.map(|sum| sum.wrapping_sub(excess));
        let tiles =
            Product::row(p.tiles, block, p.stride, p.x.len()).as_flattened().as_chunks::<TILE_GROUP>().0;
        for (w, x) in tiles.iter().zip(p.x.as_flattened().as_chunks::<4>().0) {
            let x = x.map(i32::from);
            for j in 0..OUTPUTS {
                let [a, b, c, d] = [w[4 * j], w[4 * j + 1], w[4 * j + 2], w[4 * j + 3]];
                sum[j] = sum[j].wrapping_add(i32::from(a) * x[0]);
                sum[j] = sum[j].wrapping_add(i32::from(b as i8) * x[1]);
                sum[j] = sum[j].wrapping_add(i32::from(c) * x[2]);
                sum[j] = sum[j].wrapping_add(i32::from(d as i8) * x[3]);
            }
            compact();
        }
        *sums = sum;
    }
}

/// Bytes of four inputs in a tile.
const TILE_GROUP: usize = 4 * OUTPUTS;

#[cfg(test)]
mod tests {
    use super::{Product, small, wide};

    /// The way of small processors, against the way of this one (which the other tests hold to the reference).
    #[test]
    fn four_inputs_at_a_time_give_the_same_sums() {
        let tiles: [[u8; 64]; 15] =
            core::array::from_fn(|t| core::array::from_fn(|i| ((t * 64 + i) * 7919 % 257) as u8));
        let x: [[i8; 16]; 5] =
            core::array::from_fn(|t| core::array::from_fn(|i| ((t * 16 + i) * 101 % 255) as i8));
        for len in 0..=5 {
            let (mut want, mut got) = ([[7; 4]; 3], [[7; 4]; 3]);
            wide(Product { x: &x[..len], tiles: &tiles, stride: 5, sums: &mut want });
            small(Product { x: &x[..len], tiles: &tiles, stride: 5, sums: &mut got });
            assert_eq!(got, want, "{len}");
        }
    }
}
