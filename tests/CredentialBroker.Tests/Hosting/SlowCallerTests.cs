using System.Net;
using System.Net.Sockets;
using System.Text;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Hosting;

/// <summary>A caller that is slow on purpose keeps no connection.</summary>
public sealed class SlowCallerTests
{
    [Theory]
    [InlineData("POST /v1/leases HTTP/1.1\r\nHost: broker\r\nX-Slow: ")]
    [InlineData("POST /v1/approvals/gate HTTP/1.1\r\nHost: broker\r\nContent-Type: application/jose\r\nContent-Length: 1000\r\n\r\nabc")]
    public async Task A_request_that_never_ends_is_ended(string begun)
    {
        await using var broker = await Brokers.StartAsync();
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, new Uri(broker.Host.Address).Port);
        await using var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(begun));
        using var answer = new MemoryStream();
        // Ends when the broker closes the connection; the limit is a safety net, not a measurement.
        await stream.CopyToAsync(answer).WaitAsync(TimeSpan.FromMinutes(2));
        Assert.StartsWith("HTTP/1.1 408", Encoding.ASCII.GetString(answer.ToArray()), StringComparison.Ordinal);
    }
}
