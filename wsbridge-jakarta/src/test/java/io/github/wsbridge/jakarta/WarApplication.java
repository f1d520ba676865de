package io.github.wsbridge.jakarta;

import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.websocket.DeploymentException;
import jakarta.websocket.server.ServerContainer;
import jakarta.websocket.server.ServerEndpointConfig;
import java.util.EnumSet;
import java.util.concurrent.CompletableFuture;

/**
 * An application in a WAR, with a bridge's filter that sends "hello", and its own endpoint if the container supports
 * endpoints.
 */
public final class WarApplication implements ServletContextListener {

    @Override
    public void contextInitialized(ServletContextEvent event) {
        FilterRegistration.Dynamic filter = event.getServletContext()
                .addFilter(
                        "bridge",
                        new BridgeFilter(handshake ->
                                CompletableFuture.completedFuture(new Admission.Granted("", WarApplication::greet))));
        filter.setAsyncSupported(true);
        filter.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), false, "/bridge/*");
        if (event.getServletContext().getAttribute(ServerContainer.class.getName())
                instanceof ServerContainer container) {
            try {
                container.addEndpoint(ServerEndpointConfig.Builder.create(WarEndpoint.class, "/own")
                        .build());
            } catch (DeploymentException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static void greet(Leg leg) {
        leg.open(new Leg.Receiver() {
            @Override
            public void onFragment(Fragment fragment) {}

            @Override
            public void onClosed(io.github.wsbridge.CloseReason reason) {}
        });
        leg.send(Fragment.text("hello"));
    }
}
