//! Tiles hold all that can influence their core, and nothing about a core's values depends on the tiling.

use std::collections::BTreeSet;
use std::ops::Range;

use quietcloud::graph::Graph;
use quietcloud::random::Noise;
use quietcloud::tile::{Scratch, Tile, tile_ranges};

const K: usize = 8;

/// Points of a wavy sheet in rows, so that consecutive ones are near each other.
fn sheet(n: usize) -> Vec<[f64; 3]> {
    let noise = Noise::new(2);
    (0..n)
        .map(|i| {
            let (u, v) = ((i % 40) as f64, (i / 40) as f64);
            let e = noise.normal(0, i as u64);
            [u + 0.2 * e[0], v + 0.2 * e[1], (0.3 * u).sin() + 0.2 * e[2]]
        })
        .collect()
}

/// The set within h hops of the core, by plain search over the whole graph.
fn within(graph: &Graph, core: Range<usize>, hops: usize) -> BTreeSet<u32> {
    let mut set: BTreeSet<u32> = core.map(|i| i as u32).collect();
    for _ in 0..hops {
        let reached: Vec<u32> = set.iter().flat_map(|&i| graph.row(i as usize).to_vec()).collect();
        set.extend(reached);
    }
    set
}

#[test]
fn each_ring_holds_what_is_that_many_hops_away() {
    let points = sheet(2000);
    let graph = Graph::knn(&points, K);
    let mut scratch = Scratch::new();
    for hops in [0, 1, 4] {
        for core in tile_ranges(points.len(), 300) {
            let tile = Tile::build(&graph, core.clone(), hops, &mut scratch);
            assert_eq!(tile.core, core.len());
            assert_eq!(tile.rings.len(), hops + 1);
            assert_eq!(*tile.rings.last().unwrap(), tile.rows.len());
            assert!(
                tile.rows[..tile.core]
                    .iter()
                    .copied()
                    .eq(core.clone().map(|i| i as u32))
            );
            for (h, &count) in tile.rings.iter().enumerate() {
                let inside: BTreeSet<u32> = tile.rows[..count].iter().copied().collect();
                assert_eq!(inside.len(), count, "no row twice");
                assert_eq!(inside, within(&graph, core.clone(), h));
            }
        }
    }
}

#[test]
fn neighbor_indices_are_local_and_only_the_last_ring_lacks_any() {
    let points = sheet(1500);
    let graph = Graph::knn(&points, K);
    let tile = Tile::build(&graph, 400..600, 3, &mut Scratch::new());
    assert_eq!(tile.neighbors.len(), tile.rows.len() * K);
    let inner = tile.rings[2];
    let mut replaced = 0;
    for (row, local) in tile.neighbors.chunks_exact(K).enumerate() {
        for (&j, &global) in local.iter().zip(graph.row(tile.rows[row] as usize)) {
            let found = tile.rows[j as usize];
            if found != global {
                assert!(
                    row >= inner,
                    "row {row} within the rings that are computed lacks a neighbour"
                );
                assert_eq!(j as usize, row);
                assert!(!tile.rows.contains(&global));
                replaced += 1;
            }
        }
    }
    assert!(replaced > 0, "a halo in the middle of a sheet has an edge");
}

/// A network's stand-in: L layers, each a nonlinear function of a row and the maximum over its neighbours, where
/// layer l computes only the first `counts[l]` rows.
fn message_passing(input: &[f32], neighbors: &[i32], counts: &[usize]) -> Vec<f32> {
    let mut now = input.to_vec();
    for (layer, &count) in counts.iter().enumerate() {
        let weight = 0.7 + 0.1 * layer as f32;
        now = (0..count)
            .map(|i| {
                let around = neighbors[i * K..(i + 1) * K]
                    .iter()
                    .map(|&j| now[j as usize] * weight);
                (now[i] * 0.3 - around.fold(f32::MIN, f32::max)).sin()
            })
            .collect();
    }
    now
}

#[test]
fn message_passing_is_bitwise_the_same_on_tiles() {
    const LAYERS: usize = 4;
    let points = sheet(3000);
    let graph = Graph::knn(&points, K);
    let input: Vec<f32> = (0..points.len())
        .map(|i| Noise::new(6).normal(0, i as u64)[0] as f32)
        .collect();
    let all: Vec<i32> = graph.neighbors.iter().map(|&j| j as i32).collect();
    let whole = message_passing(&input, &all, &[points.len(); LAYERS]);

    for size in [1, 97, 500, 3000] {
        let mut scratch = Scratch::new();
        for core in tile_ranges(points.len(), size) {
            let tile = Tile::build(&graph, core.clone(), LAYERS, &mut scratch);
            let local: Vec<f32> = tile.rows.iter().map(|&i| input[i as usize]).collect();
            let counts: Vec<usize> = tile.rings.iter().rev().skip(1).copied().collect();
            let result = message_passing(&local, &tile.neighbors, &counts);
            assert_eq!(result, whole[core], "tiles of {size}");
        }
    }
    // One hop less than the layers look is not enough, so the test above does test the halo.
    let tile = Tile::build(&graph, 1000..1100, LAYERS - 1, &mut Scratch::new());
    let local: Vec<f32> = tile.rows.iter().map(|&i| input[i as usize]).collect();
    let result = message_passing(&local, &tile.neighbors, &[tile.rows.len(); LAYERS]);
    assert_ne!(result[..100], whole[1000..1100]);
}

#[test]
fn small_and_degenerate_clouds_have_tiles() {
    for points in [vec![[0.0; 3]], vec![[0.0; 3]; 3], vec![[1.0; 3]; 400]] {
        let graph = Graph::knn(&points, K);
        for core in [0..points.len(), 0..1, 0..usize::MAX, points.len()..usize::MAX] {
            let tile = Tile::build(&graph, core.clone(), 5, &mut Scratch::new());
            assert!(tile.neighbors.iter().all(|&j| (j as usize) < tile.rows.len()));
            assert_eq!(tile.core, core.end.min(points.len()) - core.start);
        }
    }
    assert!(
        Tile::build(&Graph::knn(&[], K), 0..0, 2, &mut Scratch::new())
            .rows
            .is_empty()
    );
}
