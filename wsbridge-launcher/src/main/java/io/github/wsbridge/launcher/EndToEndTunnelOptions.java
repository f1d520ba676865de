package io.github.wsbridge.launcher;

import io.github.wsbridge.client.DeviceDialer;
import io.github.wsbridge.client.tls.DeviceTrust;
import io.github.wsbridge.client.tls.EndToEndDialer;
import io.github.wsbridge.client.tls.Fingerprint;
import io.github.wsbridge.client.tls.KnownDevices;
import io.github.wsbridge.wire.files.Pem;
import io.github.wsbridge.wire.files.Reloaded;
import io.github.wsbridge.wire.files.TlsIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options of a tunnel for encryption from end to end. */
@SuppressWarnings("NullAway.Init")
final class EndToEndTunnelOptions {

    @Option(
            names = "--e2e",
            fallbackValue = "true",
            description = "Encrypt from end to end, so that whoever runs the bridge server sees no content. There is no"
                    + " connection to a device that cannot do that, or is not trusted. A device is trusted at its first"
                    + " use, and known by its key from then on, unless --e2e-pin or --e2e-ca is given")
    private boolean encrypt;

    @Option(
            names = "--known-devices",
            paramLabel = "FILE",
            description = "Remembers the keys of devices (default: .wsbridge/known_devices in the home directory)")
    private @Nullable Path knownDevices;

    @Option(
            names = "--e2e-pin",
            paramLabel = "FINGERPRINT",
            split = ",",
            description = "Trust only devices with this key, as the device prints it: SHA256: and 43 characters")
    private @Nullable List<String> pins;

    @Option(
            names = "--e2e-ca",
            paramLabel = "FILE",
            description =
                    "Trust devices with certificates of these authorities that name the device id (PEM; read again"
                            + " when it changes)")
    private @Nullable Path authorities;

    @Option(
            names = "--e2e-cert",
            paramLabel = "FILE",
            description = "The own certificate, for devices that ask who is there (PEM, including its chain). This file"
                    + " and the key's are read again when they change")
    private @Nullable Path cert;

    @Option(
            names = "--e2e-key",
            paramLabel = "FILE",
            description = "The private key of that certificate (PEM; default: in the file of the certificate)")
    private @Nullable Path key;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** Checks the combination of options. */
    void check() {
        if (!encrypt && (knownDevices != null || pins != null || authorities != null || cert != null || key != null)) {
            throw usage("--known-devices, --e2e-pin, --e2e-ca, --e2e-cert and --e2e-key require --e2e");
        }
        if (key != null && cert == null) {
            throw usage("--e2e-key requires --e2e-cert FILE");
        }
        if ((knownDevices == null ? 0 : 1) + (pins == null ? 0 : 1) + (authorities == null ? 0 : 1) > 1) {
            throw usage("specify one of --known-devices, --e2e-pin and --e2e-ca");
        }
        pins();
    }

    /** Returns a dialer that encrypts, or {@code client} itself if that is not wanted. */
    DeviceDialer around(DeviceDialer client, CommandContext here, Reloads reloads)
            throws IOException, GeneralSecurityException {
        if (!encrypt) {
            return client;
        }
        EndToEndDialer.Builder builder = EndToEndDialer.builder(client, trust(here, reloads));
        Path own = cert;
        if (own == null) {
            return builder.build();
        }
        Reloaded<TlsIdentity> identity = TlsOptions.identity("end-to-end certificate", own, key, null);
        EndToEndDialer dialer =
                builder.identity(identity.get().key(), identity.get().chain()).build();
        reloads.add(identity, renewed -> dialer.renewIdentity(renewed.key(), renewed.chain()));
        return dialer;
    }

    private DeviceTrust trust(CommandContext here, Reloads reloads) throws IOException, GeneralSecurityException {
        if (pins != null) {
            return DeviceTrust.pins(pins());
        }
        Path file = authorities;
        if (file == null) {
            return new KnownDevices(
                    knownDevices == null ? home() : knownDevices,
                    (id, seen, where) -> here.err()
                            .println(command.qualifiedName() + ": the key of device " + Failures.oneLine(id)
                                    + " was not known; " + seen + " is remembered in " + where
                                    + ". Compare it with what the device prints when it starts"));
        }
        Reloaded<DeviceTrust> trust = new Reloaded<>(
                "authorities of devices " + file, List.of(file), () -> DeviceTrust.authorities(Pem.certificates(file)));
        reloads.add(trust, taken -> {});
        return (deviceId, chain) -> trust.get().check(deviceId, chain);
    }

    private Set<Fingerprint> pins() {
        try {
            return pins == null
                    ? Set.of()
                    : pins.stream().map(Fingerprint::parse).collect(Collectors.toSet());
        } catch (IllegalArgumentException e) {
            throw usage(String.valueOf(e.getMessage()));
        }
    }

    private static Path home() throws IOException {
        Path folder = Path.of(System.getProperty("user.home"), ".wsbridge");
        if (!Files.isDirectory(folder)) {
            boolean posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
            if (posix) {
                Files.createDirectories(
                        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } else {
                Files.createDirectories(folder);
            }
        }
        return folder.resolve("known_devices");
    }

    private ParameterException usage(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
