package io.github.wsbridge.embedding;

import com.google.crypto.tink.Aead;
import com.grack.nanojson.JsonParser;
import io.github.bucket4j.Bucket;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.embedding.application.TestNode;
import io.github.wsbridge.jakarta.BridgeFilter;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.websocket.ServerUpgrade;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.slf4j.LoggerFactory;
import org.slf4j.jul.JDK14LoggerFactory;

/** Packs an application of the tests as a WAR, with the libraries that a node in it needs. */
final class War {

    private static final String WEB_XML = """
            <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0" metadata-complete="true">
              <listener><listener-class>%s</listener-class></listener>
            </web-app>
            """;
    private static final List<Class<?>> LIBRARIES = List.of(
            BridgeFilter.class,
            Leg.class,
            ServerUpgrade.class,
            BridgeNode.class,
            Aead.class,
            JsonParser.class,
            Bucket.class,
            LoggerFactory.class,
            JDK14LoggerFactory.class);

    private War() {}

    /**
     * Writes a WAR.
     *
     * @param listener starts and stops what the application consists of
     */
    static void write(Path war, Class<?> listener) throws IOException {
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(war))) {
            out.putNextEntry(new ZipEntry("WEB-INF/web.xml"));
            out.write(WEB_XML.formatted(listener.getName()).getBytes(StandardCharsets.UTF_8));
            String classes = TestNode.class.getPackageName().replace('.', '/');
            put(out, "WEB-INF/classes/" + classes + "/", origin(TestNode.class).resolve(classes));
            for (Class<?> library : LIBRARIES) {
                out.putNextEntry(new ZipEntry("WEB-INF/lib/" + library.getName() + ".jar"));
                copy(origin(library), out);
            }
        }
    }

    /** Copies a jar; packs it, if it is a folder because the module is built together with this one. */
    private static void copy(Path library, OutputStream out) throws IOException {
        if (Files.isRegularFile(library)) {
            Files.copy(library, out);
            return;
        }
        ZipOutputStream jar = new ZipOutputStream(out);
        put(jar, "", library);
        jar.finish();
    }

    private static void put(ZipOutputStream out, String prefix, Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(new ZipEntry(prefix + folder.relativize(file)));
                Files.copy(file, out);
            }
        }
    }

    private static Path origin(Class<?> type) {
        try {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new UncheckedIOException(new IOException(e));
        }
    }
}
