package io.github.wsbridge.launcher;

import io.github.wsbridge.client.DeviceDialer;
import io.github.wsbridge.proxy.ProxyEntrance;
import io.github.wsbridge.wire.net.StreamAddress;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options of a tunnel that is a proxy. */
@SuppressWarnings("NullAway.Init")
final class SocksOptions {

    @Option(
            names = "--socks",
            paramLabel = "[HOST:]PORT",
            converter = Listen.class,
            description = "Be a proxy on this local address, for SOCKS 5 and HTTP CONNECT. A host name without a dot is"
                    + " the name of a target of --device, DEVICE.wsbridge is a device, and anything else is HOST:PORT"
                    + " at --device, if it allows that")
    @Nullable
    StreamAddress listen;

    @Option(
            names = "--socks-target",
            paramLabel = "PORT=NAME",
            split = ",",
            description = "The target that a port of DEVICE.wsbridge stands for; may be repeated (default 22=ssh,"
                    + "80=web,5900=vnc; other ports are localhost:PORT)")
    @Nullable
    Map<Integer, String> targets;

    /** Returns an entrance; {@code device} is null if every host name must name one. */
    ProxyEntrance entrance(DeviceDialer dialer, @Nullable String device) {
        ProxyEntrance.Builder builder = ProxyEntrance.builder(dialer);
        if (device != null) {
            builder.device(device);
        }
        if (targets != null) {
            targets.forEach(builder::port);
        }
        return builder.build();
    }

    /** Reads a local address, whose host is 127.0.0.1 by default. */
    static final class Listen implements ITypeConverter<StreamAddress> {
        @Override
        public StreamAddress convert(String text) {
            try {
                return StreamAddress.parse(text.matches("[0-9]+") ? "127.0.0.1:" + text : text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
