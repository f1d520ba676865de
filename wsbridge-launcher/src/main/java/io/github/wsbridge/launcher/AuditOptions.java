package io.github.wsbridge.launcher;

import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.launcher.audit.AuditFormat;
import io.github.wsbridge.launcher.audit.AuditTrail;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options for the record of who used a node. */
@SuppressWarnings("NullAway.Init")
final class AuditOptions {

    private static final String AUDIT = "--audit";
    private static final String OFF = "off";
    private static final String STDERR = "stderr";
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);

    /** The form of entries, as typed by users. */
    @SuppressWarnings("java:S115")
    enum Form {
        text,
        json
    }

    @Option(
            names = AUDIT,
            paramLabel = "FILE",
            defaultValue = STDERR,
            description = "Where to record who connects to which device, from where, how bridges end, and who is"
                    + " refused: the end of a file, a pipe (FIFO), stderr, or off (default ${DEFAULT-VALUE}, but off"
                    + " with --quiet). SIGHUP opens the file again")
    private String to;

    @Option(
            names = "--audit-format",
            paramLabel = "FORM",
            defaultValue = "text",
            description = "One line for each entry: text, or json (default ${DEFAULT-VALUE})")
    private Form form;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** The record, or none. */
    static final class Audited implements AutoCloseable {
        private final @Nullable AuditTrail trail;
        private final @Nullable QueuedOutput queue;
        private final @Nullable AuditFile file;

        private Audited(@Nullable AuditTrail trail, @Nullable QueuedOutput queue, @Nullable AuditFile file) {
            this.trail = trail;
            this.queue = queue;
            this.file = file;
        }

        void observe(BridgeNode.Builder node) {
            if (trail != null) {
                node.listener(trail);
            }
        }

        /** Called after the node has been closed. */
        @Override
        public void close() throws IOException, InterruptedException {
            if (trail != null) {
                trail.close();
            }
            if (queue != null) {
                queue.drain(LAST_WORDS);
            }
            if (file != null) {
                file.close();
            }
        }
    }

    /** Opens the record. What cannot be written in time is dropped and counted: a node never waits for it. */
    Audited open(CommandContext here, Reloads reloads) throws IOException {
        AuditFormat format = form == Form.json ? AuditFormat.JSON : AuditFormat.TEXT;
        InstantSource clock = InstantSource.system();
        if (to.equals(OFF) || quiet()) {
            return new Audited(null, null, null);
        }
        if (to.equals(STDERR)) {
            return new Audited(
                    new AuditTrail(
                            format,
                            line -> {
                                here.err().print(line); // queued and bounded, too
                                here.err().flush();
                            },
                            clock),
                    null,
                    null);
        }
        AuditFile file = new AuditFile(Path.of(to));
        QueuedOutput queue = new QueuedOutput("wsbridge-audit", file, count -> format.dropped(clock.instant(), count));
        reloads.add(now -> {
            if (now) {
                file.reopen();
            }
        });
        AuditTrail trail = new AuditTrail(format, line -> write(queue, line), clock);
        return new Audited(trail, queue, file);
    }

    /** Whoever wants to see errors only does not want the record there either, unless it was asked for. */
    private boolean quiet() {
        return LogOptions.of(command.commandLine().getParseResult()) == LogOptions.Detail.QUIET
                && !ConfigOptions.given(command, AUDIT);
    }

    private static void write(QueuedOutput queue, String line) {
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        queue.write(bytes, 0, bytes.length);
    }
}
