package io.github.wsbridge.launcher;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Sets the JDK's logging up: one line for one record, on standard error. Everything in the house ends there. */
final class Logs {

    private Logs() {}

    /** Comes before anything that logs. */
    static void prepare() {
        System.setProperty("java.util.logging.manager", Lasting.class.getName());
    }

    static void configure(LogOptions.Detail detail) {
        if (!(LogManager.getLogManager() instanceof Lasting)) {
            return; // somebody else's process, with its own idea of logging
        }
        Logger root = Loggers.ROOT;
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        ConsoleHandler console = new ConsoleHandler();
        console.setFormatter(new Line(detail == LogOptions.Detail.VERBOSE));
        console.setLevel(Level.ALL);
        root.addHandler(console);
        root.setLevel(detail == LogOptions.Detail.QUIET ? Level.SEVERE : Level.WARNING);
        Loggers.HOUSE.setLevel(
                switch (detail) {
                    case QUIET -> Level.SEVERE;
                    case NORMAL -> Level.INFO;
                    case VERBOSE -> Level.FINE;
                });
    }

    /** Held, since the JDK holds loggers weakly and would forget their levels; a class of its own, to come after prepare(). */
    private static final class Loggers {
        static final Logger ROOT = Logger.getLogger("");
        static final Logger HOUSE = Logger.getLogger("io.github.wsbridge");
    }

    /** Does not fall silent when the JVM begins to stop, as the JDK's own does: a node still drains then. */
    public static final class Lasting extends LogManager {

        /** Made by the JDK. */
        public Lasting() {}

        @Override
        public void reset() {
            // Only the JVM's end asks for it.
        }
    }

    /** Time, level, the class without its package, and what it says. */
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

        /** The names that everybody else uses. */
        private static String level(Level level) {
            return level == Level.SEVERE
                    ? "ERROR"
                    : level == Level.WARNING ? "WARN" : level == Level.FINE ? "DEBUG" : level.getName();
        }

        /** A peer's words must not forge lines or steer the terminal. */
        private static String clean(String text) {
            return text.codePoints()
                    .map(c -> Character.isISOControl(c) ? ' ' : c)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();
        }
    }
}
