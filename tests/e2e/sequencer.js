const Sequencer = require("@jest/test-sequencer").default;

/** By name: each file finds the cluster as the one before has left it. */
module.exports = class extends Sequencer {
    sort(tests) {
        return [...tests].sort((a, b) => a.path.localeCompare(b.path));
    }
};
