package io.github.wsbridge.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Keeps what the bridge logs from the console, and for the test. */
public final class LogCapture extends Handler implements AutoCloseable {

    private final Logger logger = Logger.getLogger("io.github.wsbridge");
    private final List<String> all = new ArrayList<>();
    private final List<String> loud = new ArrayList<>();

    /** Captures from now on, debug messages too. */
    public LogCapture() {
        logger.setLevel(Level.ALL);
        logger.setUseParentHandlers(false);
        logger.addHandler(this);
    }

    @Override
    public synchronized void publish(LogRecord entry) {
        String text = entry.getMessage() + (entry.getThrown() == null ? "" : " " + entry.getThrown());
        all.add(text);
        if (entry.getLevel().intValue() > Level.INFO.intValue()) {
            loud.add(text);
        }
    }

    /** Everything that was logged. */
    public synchronized List<String> all() {
        return List.copyOf(all);
    }

    /** What was logged above INFO. */
    public synchronized List<String> loud() {
        return List.copyOf(loud);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setUseParentHandlers(true);
        logger.setLevel(null);
    }
}
