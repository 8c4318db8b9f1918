"""Pure decisions about working time: facts and a moment in, a verdict out."""
