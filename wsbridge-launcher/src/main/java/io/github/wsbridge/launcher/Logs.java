package io.github.wsbridge.launcher;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Configures the JDK's logging: one line per record, on standard error. All of the project's loggers write there. */
final class Logs {

    private static volatile OutputStream output = System.err;

    private Logs() {}

    /**
     * Must be called before anything logs.
     *
     * @param to takes whole lines; must not block, since event loops log, too
     */
    static void prepare(OutputStream to) {
        output = to;
        System.setProperty("java.util.logging.manager", Lasting.class.getName());
    }

    static void configure(LogOptions.Detail detail, LogOptions.Form form) {
        if (!(LogManager.getLogManager() instanceof Lasting)) {
            return; // embedded in a process with its own logging configuration
        }
        Logger root = Loggers.ROOT;
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        boolean traces = detail == LogOptions.Detail.VERBOSE;
        root.addHandler(new Lines(output, form == LogOptions.Form.json ? new JsonLine(traces) : new Line(traces)));
        level(detail);
    }

    /** Changes what is logged, but not how. */
    static void level(LogOptions.Detail detail) {
        if (!(LogManager.getLogManager() instanceof Lasting)) {
            return;
        }
        Loggers.ROOT.setLevel(detail == LogOptions.Detail.QUIET ? Level.SEVERE : Level.WARNING);
        Loggers.HOUSE.setLevel(
                switch (detail) {
                    case QUIET -> Level.SEVERE;
                    case NORMAL -> Level.INFO;
                    case VERBOSE -> Level.FINE;
                });
    }

    /**
     * Strong references: the JDK holds loggers weakly and would lose their levels. A separate class, so that it is
     * initialized after prepare().
     */
    private static final class Loggers {
        static final Logger ROOT = Logger.getLogger("");
        static final Logger HOUSE = Logger.getLogger("io.github.wsbridge");
    }

    /** A log manager that keeps logging while the JVM shuts down, unlike the JDK's: a node still drains then. */
    public static final class Lasting extends LogManager {

        /** Called by the JDK. */
        public Lasting() {}

        @Override
        public void reset() {
            // Called only by the JDK's shutdown hook.
        }
    }

    /** Writes each record at once. */
    private static final class Lines extends Handler {
        private final OutputStream to;

        Lines(OutputStream to, Formatter formatter) {
            this.to = to;
            setFormatter(formatter);
            setLevel(Level.ALL);
        }

        @Override
        public void publish(LogRecord log) {
            if (!isLoggable(log)) {
                return;
            }
            try {
                write(getFormatter().format(log));
            } catch (Throwable e) { // such as a class that cannot be loaded without a file descriptor
                report(log);
            }
        }

        /** Writes less, and throws nothing: whoever logs, such as an event loop, may be handling an Error already. */
        private void report(LogRecord log) {
            try {
                write(Line.level(log.getLevel()) + ' ' + log.getMessage() + System.lineSeparator());
            } catch (Throwable e) {
                // there is nothing else to be done
            }
        }

        private void write(String text) throws IOException {
            to.write(text.getBytes(getFormatter() instanceof JsonLine ? StandardCharsets.UTF_8 : Terminal.charset()));
        }

        @Override
        public void flush() {
            // nothing is held back
        }

        @Override
        public void close() {
            // standard error stays open
        }
    }

    /** Formats a record as time, level, class name without its package, and message. */
    static final class Line extends Formatter {
        private static final DateTimeFormatter TIME =
                DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS").withZone(ZoneId.systemDefault());

        private final boolean traces;

        Line(boolean traces) {
            this.traces = traces;
        }

        @Override
        public String format(LogRecord log) {
            String name = log.getLoggerName() == null ? "" : log.getLoggerName();
            StringBuilder line = new StringBuilder(TIME.format(log.getInstant()))
                    .append(' ')
                    .append(level(log.getLevel()))
                    .append(' ')
                    .append(name.substring(name.lastIndexOf('.') + 1))
                    .append(": ")
                    .append(clean(formatMessage(log)));
            Throwable thrown = log.getThrown();
            if (thrown != null) {
                line.append(": ").append(clean(Failures.describe(thrown)));
            }
            line.append(System.lineSeparator());
            if (thrown != null && traces) {
                StringWriter trace = new StringWriter();
                thrown.printStackTrace(new PrintWriter(trace));
                line.append(trace);
            }
            return line.toString();
        }

        /** Returns the level's common name. */
        static String level(Level level) {
            return level == Level.SEVERE
                    ? "ERROR"
                    : level == Level.WARNING ? "WARN" : level == Level.FINE ? "DEBUG" : level.getName();
        }

        /** Replaces control characters: text from a peer must not forge lines or control the terminal. */
        private static String clean(String text) {
            return text.codePoints()
                    .map(c -> Character.isISOControl(c) ? ' ' : c)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();
        }
    }
}
