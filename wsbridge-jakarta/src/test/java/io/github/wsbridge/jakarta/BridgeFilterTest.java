package io.github.wsbridge.jakarta;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.github.wsbridge.testkit.transport.FakeDoor;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import org.junit.jupiter.api.Test;

class BridgeFilterTest {

    @Test
    void init_unknownContainer_failsAndSaysWhatToDo() {
        ServletContext context = mock();
        when(context.getServerInfo()).thenReturn("Acme Server/1");
        FilterConfig config = mock();
        when(config.getServletContext()).thenReturn(context);
        assertThatThrownBy(() -> new BridgeFilter(new FakeDoor()).init(config))
                .isInstanceOf(ServletException.class)
                .hasMessageContaining("Acme Server/1")
                .hasMessageContaining("NettyBridgeServer");
    }
}
