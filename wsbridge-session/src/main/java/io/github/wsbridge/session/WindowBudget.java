package io.github.wsbridge.session;

/** What the windows of a session's streams may grow by in total, in bytes. Confined to the session's loop. */
final class WindowBudget {

    private int left;

    WindowBudget(int bytes) {
        left = bytes;
    }

    /** Takes as much of {@code wanted} as there is. */
    int take(int wanted) {
        int taken = Math.min(wanted, left);
        left -= taken;
        return taken;
    }

    void giveBack(int bytes) {
        left += bytes;
    }
}
