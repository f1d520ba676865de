package io.github.wsbridge.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Captures the bridge's log for a test, instead of printing it. */
public final class LogCapture extends Handler implements AutoCloseable {

    private final Logger logger = Logger.getLogger("io.github.wsbridge");
    private final List<String> all = new ArrayList<>();
    private final List<String> loud = new ArrayList<>();

    /** Starts to capture, including debug messages. */
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

    /** Returns all messages. */
    public synchronized List<String> all() {
        return List.copyOf(all);
    }

    /** Returns the messages above INFO. */
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
