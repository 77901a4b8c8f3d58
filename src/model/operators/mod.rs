//! The operators that our networks spend most of their time in, each in one pass (onnx/quietcloud_onnx/operators.py).
//!
//! A bundle carries their meaning in standard operators beside them (functions of the model), which ONNX Runtime takes
//! where these kernels are not registered. Those write k rows out for every point and read them back twice; here what
//! a point comes to stays in registers until it is done.

mod crowding;
mod edge;
mod gather;
mod window;

use std::ops::RangeInclusive;

use ort::operator::{
    ComputeContext, Kernel, KernelContext, Operator, OperatorDomain, OperatorInput, OperatorOutput,
};
use ort::value::{TensorElementType, ValueRef};

/// The operators of the domain `quietcloud`, for a session on the processor.
pub(super) fn domain() -> ort::Result<OperatorDomain> {
    OperatorDomain::new("quietcloud")?
        .add(Fused(&gather::GATHER_REDUCE))?
        .add(Fused(&edge::EDGE_REDUCE))?
        .add(Fused(&crowding::CROWDING))?
        .add(Fused(&window::WINDOW_REDUCE))
}

/// What an operator is called, takes and does; every one gives one float32 tensor.
struct Recipe {
    name: &'static str,
    inputs: &'static [TensorElementType],
    compute: fn(&ComputeContext) -> ort::Result<()>,
}

#[derive(Clone, Copy)]
struct Fused(&'static Recipe);

impl Operator for Fused {
    type Kernel<'attr> = Fused;

    fn name(&self) -> &str {
        self.0.name
    }

    fn versions(&self) -> RangeInclusive<u32> {
        1..=1
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        self.0.inputs.iter().map(|&kind| OperatorInput::required(kind))
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        [OperatorOutput::required(TensorElementType::Float32)]
    }

    fn create_kernel<'attr>(&self, _: &KernelContext<'attr>) -> ort::Result<Fused> {
        Ok(*self)
    }
}

impl Kernel for Fused {
    fn compute(&mut self, context: &ComputeContext) -> ort::Result<()> {
        (self.0.compute)(context).map_err(|e| ort::Error::new(format!("{}: {e}", self.0.name)))
    }
}

fn input(context: &ComputeContext, index: usize) -> ort::Result<ValueRef<'_>> {
    let value = context.input(index)?;
    value.ok_or_else(|| ort::Error::new(format!("input {index} is missing")))
}

/// The sizes of an input of `D` dimensions; what comes from a file is looked at before it is computed with.
fn sizes<const D: usize>(shape: &[i64]) -> ort::Result<[usize; D]> {
    let sizes: Result<[i64; D], _> = shape.try_into();
    match sizes {
        Ok(sizes) => Ok(sizes.map(|size| size as usize)),
        Err(_) => Err(ort::Error::new(format!(
            "an input has the shape {shape:?}, expected {D} dimensions"
        ))),
    }
}
