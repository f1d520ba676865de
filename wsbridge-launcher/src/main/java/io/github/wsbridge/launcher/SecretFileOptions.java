package io.github.wsbridge.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Checks who may read the files with secrets that a command's options name. */
@SuppressWarnings("NullAway.Init")
final class SecretFileOptions {

    private static final Logger log = LoggerFactory.getLogger(SecretFileOptions.class);

    private static final List<String> SECRETS = List.of(
            "--keys",
            "--tls-key",
            "--tls-key-password-file",
            "--e2e-key",
            "--api-key-file",
            "--bearer-file",
            "--webhook-key-file",
            "--management-key-file",
            "--devices-key-file",
            "--management-admin-key-file",
            "--oidc-client-secret-file",
            "--iothub-connection-file",
            "--mqtt-key",
            "--mqtt-key-password-file",
            "--mqtt-password-file",
            "--nats-key",
            "--nats-key-password-file",
            "--nats-password-file",
            "--redis-key",
            "--redis-key-password-file",
            "--redis-password-file");

    /** Those that contain the key unless another file does. */
    private static final List<String> CERTIFICATES =
            List.of("--tls-cert", "--e2e-cert", "--mqtt-cert", "--nats-cert", "--redis-cert");

    /** Those that contain no secrets, but decide who is let in or trusted. */
    private static final List<String> DECISIONS = List.of(
            "--api-keys",
            "--client-certs",
            "--tls-client-ca",
            "--tls-client-crl",
            "--tls-ca",
            "--e2e-ca",
            "--e2e-client-ca",
            "--mqtt-ca",
            "--nats-ca",
            "--redis-ca",
            "--known-devices");

    /** Who may read secrets, as typed by users. */
    @SuppressWarnings("java:S115")
    enum Readers {
        owner,
        group,
        warn
    }

    @Option(
            names = "--secret-files",
            paramLabel = "WHO",
            defaultValue = "warn",
            description = "Who may read files with keys and passwords: their owner, or their group too; others are"
                    + " refused. warn: only warn about files that everybody may read (default ${DEFAULT-VALUE})."
                    + " Files that everybody may write are always refused, also those that say who may connect")
    private Readers readers;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /**
     * Checks all files.
     *
     * @throws IOException if one is open to more users than it may be; the message names it and what helps
     */
    void check() throws IOException {
        for (String name : SECRETS) {
            check(name);
        }
        for (String name : CERTIFICATES) {
            if (file(name.replace("-cert", "-key")) == null) {
                check(name);
            }
        }
        for (String name : DECISIONS) {
            written(name, "o-w");
        }
    }

    private void check(String name) throws IOException {
        Path file = file(name);
        Set<PosixFilePermission> permitted = written(name, "o=");
        boolean world = permitted.contains(PosixFilePermission.OTHERS_READ);
        boolean group = permitted.contains(PosixFilePermission.GROUP_READ);
        if (readers == Readers.warn) {
            if (world && !name.equals("--keys")) { // which warns itself
                log.warn("everybody may read {} ({}): restrict it with 'chmod o= {}'", file, name, file);
            }
        } else if (world || group && readers == Readers.owner) {
            String who = world ? "everybody" : "its group";
            String bits = readers == Readers.owner ? "go=" : "o=";
            throw new IOException(who + " may read " + file + " (" + name + "), which --secret-files " + readers
                    + " forbids: run 'chmod " + bits + " " + file + "'");
        }
    }

    /** Refuses a file that everybody may write. Returns its permissions; none if it has none or is no file. */
    private Set<PosixFilePermission> written(String name, String remedy) throws IOException {
        Path file = file(name);
        PosixFileAttributeView view =
                file == null ? null : Files.getFileAttributeView(file, PosixFileAttributeView.class);
        if (file == null || view == null || !Files.isRegularFile(file)) {
            return Set.of(); // one that is missing is reported when it is read; a pipe has one reader
        }
        Set<PosixFilePermission> permitted = view.readAttributes().permissions();
        if (permitted.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new IOException(
                    "everybody may write " + file + " (" + name + "): run 'chmod " + remedy + " " + file + "'");
        }
        return permitted;
    }

    private @Nullable Path file(String name) {
        OptionSpec option = command.findOption(name);
        return option != null && option.getValue() instanceof Path file ? file : null;
    }
}
