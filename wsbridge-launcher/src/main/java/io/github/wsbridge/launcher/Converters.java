package io.github.wsbridge.launcher;

import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.net.StreamAddress;
import java.time.Duration;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Parse the values of options. They are classes, not lambdas: the JVM cannot archive lambdas of picocli's interfaces,
 * whose class files are too old for it, and would generate them at each start.
 */
final class Converters {

    private Converters() {}

    static void register(CommandLine main) {
        main.registerConverter(HostPort.class, new HostPorts());
        main.registerConverter(StreamAddress.class, new Addresses());
        main.registerConverter(Forward.class, new Forwards());
        main.registerConverter(Duration.class, new Durations());
        main.registerConverter(Quantities.Bytes.class, new Sizes());
    }

    private static final class HostPorts implements ITypeConverter<HostPort> {
        @Override
        public HostPort convert(String text) {
            try {
                return HostPort.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    private static final class Addresses implements ITypeConverter<StreamAddress> {
        @Override
        public StreamAddress convert(String text) {
            try {
                return StreamAddress.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    private static final class Forwards implements ITypeConverter<Forward> {
        @Override
        public Forward convert(String text) {
            return Forward.parse(text);
        }
    }

    private static final class Durations implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            return Quantities.duration(text);
        }
    }

    private static final class Sizes implements ITypeConverter<Quantities.Bytes> {
        @Override
        public Quantities.Bytes convert(String text) {
            return Quantities.bytes(text);
        }
    }
}
