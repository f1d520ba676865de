package io.github.wsbridge.launcher;

import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.concurrent.Lasting;
import io.github.wsbridge.wire.files.KeyText;
import io.github.wsbridge.wire.files.Reloaded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files that a command takes again when they change: within five seconds, or at once on SIGHUP. Thread-safe, except
 * for {@link #start} and {@link #close}.
 */
final class Reloads implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Reloads.class);

    /** A change is taken when two looks have seen it, so within twice this time. */
    private static final int LOOK_MILLIS = 2_000;

    /** Looks whether a file has changed, and takes the change. */
    @FunctionalInterface
    interface Look {
        void look(boolean now) throws Exception;
    }

    /** Uses what has been read again. */
    @FunctionalInterface
    interface Use<T> {
        void take(T value) throws Exception;
    }

    /** A file, and all who use it: it says only once that it has changed. */
    private record Used<T>(Reloaded<T> file, List<Use<T>> uses) implements Look {
        @Override
        public void look(boolean now) {
            if (file.look(now)) {
                for (Use<T> use : uses) {
                    try {
                        use.take(file.get());
                    } catch (Throwable e) { // the others must have it
                        log.warn("cannot use a file that has changed", e);
                    }
                }
            }
        }
    }

    private final List<Look> looks = new CopyOnWriteArrayList<>();
    private @Nullable ScheduledExecutorService timer;

    void add(Look look) {
        looks.add(look);
    }

    /** Adds a use of a file, which may have several. */
    @SuppressWarnings("unchecked") // the uses of a file have its type
    <T> void add(Reloaded<T> file, Use<T> use) {
        for (Look look : looks) {
            if (look instanceof Used<?> used && used.file() == file) {
                ((Used<T>) used).uses().add(use);
                return;
            }
        }
        looks.add(new Used<>(file, new CopyOnWriteArrayList<>(List.of(use))));
    }

    /**
     * Says when a file has changed that is read only when the command starts.
     *
     * @param file null for none
     */
    void untilRestart(String option, @Nullable Path file) throws IOException {
        if (file != null && Files.isRegularFile(file)) { // what is in a pipe can be read only once
            looks.add(new Kept(option, file, KeyText.read(file)));
        }
    }

    /** A file that is not read again. Guarded by itself. */
    private static final class Kept implements Look {
        private final String option;
        private final Path file;
        private String known;
        private String seen;

        Kept(String option, Path file, String content) {
            this.option = option;
            this.file = file;
            known = content;
            seen = content;
        }

        @Override
        public synchronized void look(boolean now) {
            String content;
            try {
                content = KeyText.read(file);
            } catch (IOException e) {
                return; // it is being replaced
            }
            if (!content.equals(known) && (now || content.equals(seen))) {
                known = content;
                log.warn("{} ({}) has changed, but needs a restart", file, option);
            }
            seen = content;
        }
    }

    /** Begins to look. There is no thread if there are no files. */
    void start(CommandContext here) {
        here.hangups().accept(this::hangUp);
        if (!looks.isEmpty()) {
            timer = Daemons.newTimer("wsbridge-files");
            timer.scheduleWithFixedDelay(
                    new Lasting(() -> look(false)), LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void hangUp() {
        log.info(
                "SIGHUP: {}",
                looks.isEmpty() ? "there are no files to read again" : "reading the files again that may change");
        look(true);
    }

    private void look(boolean now) {
        for (Look look : looks) {
            try {
                look.look(now);
            } catch (Throwable e) { // an Error, too, must not end the timer
                log.warn("cannot use a file that has changed", e);
            }
        }
    }

    @Override
    public void close() {
        if (timer != null) {
            timer.shutdownNow();
        }
    }
}
