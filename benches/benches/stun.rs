//! STUN messages, in criterion: each operation by itself, with its distribution.

mod clock;
mod operations {
    pub(crate) mod stun;
}
mod peers {
    pub(crate) mod stun;
}

fn main() {
    clock::run(operations::stun::operations());
}
