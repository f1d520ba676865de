package io.github.wsbridge.embedding.application;

import io.github.wsbridge.jakarta.BridgeFilter;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.util.EnumSet;

/** An application in a WAR that has the bridge's filter. */
public final class FilterApplication implements ServletContextListener {

    private final Control control = new Control();

    @Override
    public void contextInitialized(ServletContextEvent event) {
        ServletContext context = event.getServletContext();
        FilterRegistration.Dynamic filter = context.addFilter("bridge", new BridgeFilter(control::admit));
        filter.setAsyncSupported(true);
        filter.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), false, "/bridge/*");
        context.addServlet("control", control).addMapping("/control/*");
    }

    @Override
    public void contextDestroyed(ServletContextEvent event) {
        control.close();
    }
}
