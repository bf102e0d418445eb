// Stands for what Pulumi loads to serialise functions, which nothing here does: half a second a test file.
module.exports = {};
