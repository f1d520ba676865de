package io.github.wsbridge.signal.mqtt;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Keeps what the bridge logs from the console, and for the test. */
final class LogCapture extends Handler implements AutoCloseable {

    private final Logger logger = Logger.getLogger("io.github.wsbridge");
    private final List<String> all = new ArrayList<>();

    /** Captures from now on, debug messages too. */
    LogCapture() {
        logger.setLevel(Level.ALL);
        logger.setUseParentHandlers(false);
        logger.addHandler(this);
    }

    @Override
    public synchronized void publish(LogRecord entry) {
        String text =
                new SimpleFormatter().formatMessage(entry) + (entry.getThrown() == null ? "" : " " + entry.getThrown());
        all.add(text);
    }

    /** Everything that was logged. */
    synchronized List<String> all() {
        return List.copyOf(all);
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
