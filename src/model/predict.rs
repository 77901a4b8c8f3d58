//! Runs a network on one tile: builds the inputs that its stage declares, in buffers that are used again.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use ort::session::{RunOptions, Session, SessionInputValue};
use ort::value::TensorRef;

use super::session::Network;
use crate::bundle::StageInput;
use crate::error::{Error, Result};
use crate::graph::{Graph, relative_edges};
use crate::tile::Tile;
use crate::turn::Turn;

/// The noise of every point at a level.
#[derive(Clone, Copy)]
pub(crate) struct Sigma<'a> {
    /// In model units.
    pub level: f64,
    /// Point by point how much of that it is; empty where it is all of it everywhere.
    pub factors: &'a [f32],
}

impl Sigma<'_> {
    pub(crate) fn of(&self, i: usize) -> f64 {
        self.factors
            .get(i)
            .map_or(self.level, |&f| self.level * f64::from(f))
    }
}

/// What a network is shown of a cloud.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    /// All points, in model units.
    pub points: &'a [[f64; 3]],
    pub graph: &'a Graph,
    pub sigma: Sigma<'a>,
    /// How the network sees the cloud turned. Its answers, which are turned back, are then vectors.
    pub turn: Option<Turn>,
}

impl<'a> View<'a> {
    /// For a network that looks at no level, the cloud as it lies.
    pub(crate) fn plain(points: &'a [[f64; 3]], graph: &'a Graph) -> View<'a> {
        View {
            points,
            graph,
            sigma: Sigma {
                level: 0.0,
                factors: &[],
            },
            turn: None,
        }
    }
}

/// A session and its input buffers, borrowed from a network by one thread.
pub(crate) struct Predictor<'a> {
    network: &'a Network,
    session: Option<Session>,
    edges: Vec<f32>,
    sigma: Vec<f32>,
    rings: Vec<i64>,
    /// Time spent inside ONNX Runtime.
    pub(crate) spent: Duration,
}

impl Network {
    /// Borrows a session; it returns to the pool when the predictor is dropped.
    pub(crate) fn predictor(&self) -> Result<Predictor<'_>> {
        let session = Some(self.take()?);
        Ok(Predictor {
            network: self,
            session,
            edges: Vec::new(),
            sigma: Vec::new(),
            rings: Vec::new(),
            spent: Duration::ZERO,
        })
    }
}

impl Predictor<'_> {
    /// Hands the network's answer for each core row of `tile`, `width` numbers, to `answer`.
    pub(crate) fn run(
        &mut self,
        view: View<'_>,
        tile: &Tile,
        options: &RunOptions,
        width: usize,
        mut answer: impl FnMut(usize, &[f32]),
    ) -> Result<()> {
        let View {
            points, graph, sigma, ..
        } = view;
        let rows = tile.rows.len();
        // No zeroing: relative_edges writes every value.
        self.edges.resize(rows * graph.k * 3, 0.0);
        relative_edges(points, graph, &tile.rows, &mut self.edges);
        if let Some(turn) = view.turn {
            turn.apply(&mut self.edges);
        }
        self.sigma.clear();
        self.sigma.extend(
            tile.rows
                .iter()
                .map(|&i| (sigma.of(i as usize) / f64::from(graph.spacing[i as usize])) as f32),
        );
        // What the successive layers still have to compute: the rows within hops-1, ..., 1, 0 hops of the core.
        self.rings.clear();
        self.rings
            .extend(tile.rings.iter().rev().skip(1).map(|&rows| rows as i64));

        let mut inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = Vec::with_capacity(4);
        for input in &self.network.stage.inputs {
            let value = match input {
                StageInput::Edges => {
                    TensorRef::from_array_view(([rows, graph.k, 3], &self.edges[..])).map(Into::into)
                }
                StageInput::Neighbors => {
                    TensorRef::from_array_view(([rows, graph.k], &tile.neighbors[..])).map(Into::into)
                }
                StageInput::Sigma => TensorRef::from_array_view(([rows, 1], &self.sigma[..])).map(Into::into),
                StageInput::Rings => {
                    TensorRef::from_array_view(([self.rings.len()], &self.rings[..])).map(Into::into)
                }
                other => {
                    let reason = format!("a tile has no {}", other.name());
                    return Err(Error::Internal(reason));
                }
            };
            inputs.push((input.name().into(), value.map_err(|e| self.network.error(e))?));
        }

        let session = self
            .session
            .as_mut()
            .ok_or_else(|| Error::Internal("a session was lost".into()))?;
        let start = Instant::now();
        let outputs = session
            .run_with_options(inputs, options)
            .map_err(|e| self.network.error(e))?;
        self.spent += start.elapsed();
        let output = outputs
            .get(self.network.output())
            .ok_or_else(|| self.network.error("gave no output"))?;
        let (shape, values) = output
            .try_extract_tensor::<f32>()
            .map_err(|e| self.network.error(e))?;
        if shape[..] != [tile.core as i64, width as i64] {
            let expected = [tile.core, width];
            return Err(self
                .network
                .error(format!("gave the shape {:?}, expected {expected:?}", &shape[..])));
        }
        for (row, value) in values.chunks_exact(width).enumerate() {
            match (view.turn, value) {
                (Some(turn), &[x, y, z]) => answer(row, &turn.back([x, y, z])),
                _ => answer(row, value),
            }
        }
        Ok(())
    }
}

impl Drop for Predictor<'_> {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            self.network.put_back(session);
        }
    }
}
