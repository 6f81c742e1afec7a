#![allow(missing_docs)]
use kernels::*;
#[test]
fn smoke() {
    let mut seed = 1u32;
    let mut rnd = || { seed = seed.wrapping_mul(1664525).wrapping_add(1013904223); (seed >> 8) as f32 / 16777216.0 - 0.5 };
    for (m, n, k) in [(1,1,1),(3,5,7),(17,33,65),(100,50,300),(20,600,520),(128,100,257)] {
        let a: Vec<f32> = (0..m*k).map(|_| rnd()).collect();
        let b: Vec<f32> = (0..n*k).map(|_| rnd()).collect();
        let bias: Vec<f32> = (0..n).map(|_| rnd()).collect();
        let h: Vec<f32> = (0..n*m).map(|_| rnd()).collect();
        let old: Vec<f32> = (0..n*m).map(|_| rnd()).collect();
        let (a, b) = (Mat::new(&a, m, k), Mat::new(&b, k, n));
        for e in [Epilogue::Store, Epilogue::Accumulate, Epilogue::Bias(&bias), Epilogue::BiasRelu(&bias), Epilogue::ReluMask(Mat::new(&h, m, n)), Epilogue::SgdStep { f: 0.9, eta: 0.1 }] {
            let mut want = old.clone();
            reference::matmul(a, b, MatMut::new(&mut want, m, n), e);
            for isa in Isa::available() {
                let mut got = old.clone();
                let mut ws = vec![f32::NAN; matmul_workspace(m, n, k)];
                matmul(isa, a, b, MatMut::new(&mut got, m, n), e, &mut ws);
                assert!(got.iter().zip(&want).all(|(g, w)| g.to_bits() == w.to_bits()), "{isa} {m} {n} {k} {e:?}");
            }
        }
    }
}
