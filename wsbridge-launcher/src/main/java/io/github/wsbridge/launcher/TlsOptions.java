package io.github.wsbridge.launcher;

import io.github.wsbridge.wire.files.Reloaded;
import io.github.wsbridge.wire.files.TlsIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options for a node's own certificate. */
@SuppressWarnings("NullAway.Init")
final class TlsOptions {

    @Option(
            names = "--tls-cert",
            paramLabel = "FILE",
            description = "Use TLS with this certificate (PEM, including its chain). This file, the key's and"
                    + " --tls-ca are read again when they change")
    private @Nullable Path cert;

    @Option(
            names = "--tls-key",
            paramLabel = "FILE",
            description = "The private key of the certificate (PEM; default: in the file of the certificate)")
    private @Nullable Path key;

    @Option(
            names = "--tls-key-password-file",
            paramLabel = "FILE",
            description = "A file that contains the password of an encrypted key")
    private @Nullable Path password;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** Reads the certificate and its key; null if there is none, for no TLS. */
    @Nullable
    Reloaded<TlsIdentity> identity() throws IOException, GeneralSecurityException {
        if (cert == null) {
            if (key != null || password != null) {
                throw new ParameterException(command.commandLine(), "--tls-key requires --tls-cert FILE");
            }
            return null;
        }
        return identity("TLS certificate", cert, key, password);
    }

    /** Reads a certificate and its key, which may be in the same file. */
    static Reloaded<TlsIdentity> identity(String name, Path cert, @Nullable Path keyFile, @Nullable Path password)
            throws IOException, GeneralSecurityException {
        Path key = keyFile == null ? cert : keyFile;
        List<Path> files = new ArrayList<>(List.of(cert, key));
        if (password != null) {
            files.add(password);
        }
        return new Reloaded<>(name + " " + cert, files, () -> TlsIdentity.read(cert, key, password));
    }
}
