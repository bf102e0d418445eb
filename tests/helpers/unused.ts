// Stands for what Pulumi loads to serialise functions, which nothing here does: 2 s a test file.
module.exports = {};
