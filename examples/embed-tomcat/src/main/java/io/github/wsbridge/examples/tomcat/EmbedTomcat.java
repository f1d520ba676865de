package io.github.wsbridge.examples.tomcat;

import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.access.ApiKeyPolicy;
import io.github.wsbridge.jakarta.BridgeFilter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;

/**
 * An application in an embedded Tomcat, whose devices and requesters meet at its own port, below {@code /app}.
 *
 * <p>Arguments: the port, and the file with the API keys ({@code wsbridge keys api-key} makes some).
 */
public final class EmbedTomcat implements AutoCloseable {

    private static final Duration GRACE = Duration.ofSeconds(10);

    private final Tomcat tomcat = new Tomcat();
    private final BridgeNode node;

    EmbedTomcat(int port, ApiKeyPolicy access) throws IOException, LifecycleException {
        URI url = URI.create("ws://localhost:" + port + "/app");
        node = BridgeNode.builder().publicUrl(url).accessPolicy(access).build();
        tomcat.setBaseDir(Files.createTempDirectory("tomcat").toString());
        tomcat.setPort(port);
        tomcat.getConnector(); // Tomcat opens the port only if somebody asks for this
        Context context = tomcat.addContext("/app", null);
        Tomcat.addServlet(context, "page", new Page()).addMapping("/page");

        FilterDef filter = new FilterDef();
        filter.setFilterName("bridge");
        filter.setFilter(new BridgeFilter(node));
        filter.setAsyncSupported("true");
        context.addFilterDef(filter);
        FilterMap map = new FilterMap();
        map.setFilterName("bridge");
        map.addURLPattern("/bridge/*");
        context.addFilterMap(map);
        tomcat.start();
    }

    /** Runs until the process is told to end. */
    public static void main(String[] args) throws Exception {
        EmbedTomcat application = new EmbedTomcat(Integer.parseInt(args[0]), ApiKeyPolicy.read(Path.of(args[1])));
        Runtime.getRuntime().addShutdownHook(new Thread(application::close));
        application.tomcat.getServer().await();
    }

    /** Gives bridges time to end, then stops Tomcat. */
    @Override
    public void close() {
        node.stop(GRACE).toCompletableFuture().join();
        try {
            tomcat.stop();
            tomcat.destroy();
        } catch (LifecycleException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The application itself. */
    private static final class Page extends HttpServlet {

        private static final long serialVersionUID = 1;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.getWriter().write("a page");
        }
    }
}
