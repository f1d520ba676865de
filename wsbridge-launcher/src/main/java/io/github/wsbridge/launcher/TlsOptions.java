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

/** Options for the own certificate: of a node as a server, and of any command as a client. */
@SuppressWarnings("NullAway.Init")
final class TlsOptions {

    @Option(
            names = "--tls-cert",
            paramLabel = "FILE",
            description = "The own certificate (PEM, including its chain). A node uses TLS with it; it is also"
                    + " presented to servers that ask for one. This file and the key's are read again when they"
                    + " change")
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

    boolean given() {
        return cert != null;
    }

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
