package io.github.wsbridge.bench;

/**
 * What a ratio or a figure must be.
 *
 * @param name of a ratio or a figure
 * @param atLeast whether the limit is the least or the most that is good enough
 */
record Bar(String name, boolean atLeast, double limit) {

    static Bar atLeast(String name, double limit) {
        return new Bar(name, true, limit);
    }

    static Bar atMost(String name, double limit) {
        return new Bar(name, false, limit);
    }

    boolean reached(double value) {
        return atLeast ? value >= limit : value <= limit;
    }

    String text() {
        return (atLeast ? ">= " : "<= ") + (limit == Math.rint(limit) ? String.format("%.0f", limit) : "" + limit);
    }
}
