package io.github.wsbridge.launcher;

import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.tls.EndToEndHandler;
import io.github.wsbridge.client.tls.Fingerprint;
import io.github.wsbridge.spi.ClientCertificates;
import io.github.wsbridge.wire.files.Pem;
import io.github.wsbridge.wire.files.Reloaded;
import io.github.wsbridge.wire.files.TlsIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options of a device for encryption from end to end. */
@SuppressWarnings("NullAway.Init")
final class EndToEndDeviceOptions {

    @Option(
            names = "--e2e-cert",
            paramLabel = "FILE",
            description = "Accept streams that are encrypted from end to end, with this certificate (PEM, including its"
                    + " chain). If the file does not exist, it is created with a new key, whose fingerprint is printed"
                    + " at each start. This file and the key's are read again when they change")
    private @Nullable Path cert;

    @Option(
            names = "--e2e-key",
            paramLabel = "FILE",
            description = "The private key of that certificate (PEM; default: in the file of the certificate)")
    private @Nullable Path key;

    @Option(
            names = "--e2e-client-ca",
            paramLabel = "FILE",
            description = "Accept encrypted streams only of requesters with a certificate of these authorities (PEM;"
                    + " read again when it changes). The log says who they are")
    private @Nullable Path clientCa;

    @Option(
            names = "--e2e-only",
            fallbackValue = "true",
            description = "Reject whatever is not encrypted from end to end")
    private boolean only;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** Returns a handler in front of another one, or that one if there is no certificate. */
    BridgeDevice.Handler around(BridgeDevice.Handler inner, CommandContext here, Reloads reloads)
            throws IOException, GeneralSecurityException {
        if (cert == null) {
            if (key != null || clientCa != null || only) {
                throw new ParameterException(
                        command.commandLine(), "--e2e-key, --e2e-client-ca and --e2e-only require --e2e-cert FILE");
            }
            return inner;
        }
        create(cert, key == null ? cert : key);
        Reloaded<TlsIdentity> identity = TlsOptions.identity("end-to-end certificate", cert, key, null);
        EndToEndHandler.Builder builder = EndToEndHandler.builder(
                        inner, identity.get().key(), identity.get().chain())
                .only(only);
        Reloaded<List<X509Certificate>> authorities = authorities();
        if (authorities != null) {
            builder.clientCertificates(ClientCertificates.REQUIRED, authorities.get());
        }
        EndToEndHandler handler = builder.build();
        reloads.add(identity, renewed -> {
            handler.renewIdentity(renewed.key(), renewed.chain());
            say(renewed, here);
        });
        if (authorities != null) {
            reloads.add(authorities, handler::renewClientAuthorities);
        }
        say(identity.get(), here);
        return handler;
    }

    private static void create(Path cert, Path key) throws IOException, GeneralSecurityException {
        if (!Files.exists(cert) && !Files.exists(key)) {
            NewIdentity.write(cert, key);
        }
    }

    private @Nullable Reloaded<List<X509Certificate>> authorities() throws IOException, GeneralSecurityException {
        Path file = clientCa;
        return file == null
                ? null
                : new Reloaded<>("authorities of requesters " + file, List.of(file), () -> Pem.certificates(file));
    }

    private static void say(TlsIdentity identity, CommandContext here) {
        here.say("device key: " + Fingerprint.of(identity.chain().get(0))
                + " (what a tunnel with --e2e says at its first use must be the same)");
    }
}
