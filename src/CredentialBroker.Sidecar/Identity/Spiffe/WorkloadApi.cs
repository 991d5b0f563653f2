using System.Buffers.Binary;
using System.Net;

namespace CredentialBroker.Sidecar.Identity.Spiffe;

/// <summary>
/// The SPIFFE Workload API: gRPC over HTTP/2 on a unix socket. The agent knows the workload by the socket's peer, so that
/// nothing is shown to it but the header that keeps request forgery out.
/// </summary>
internal sealed class WorkloadApi : IDisposable
{
    /// <summary>No message of the API comes near.</summary>
    private const int LargestMessage = 1024 * 1024;

    private readonly HttpClient _http;

    public WorkloadApi(string socket) => _http = new HttpClient(UnixConnection.To(socket))
    {
        BaseAddress = new Uri("http://localhost"), Timeout = TimeSpan.FromSeconds(10),
    };

    /// <summary>The path in <c>unix:///run/agent.sock</c>, as the specification of the endpoint writes it; null where it is none.</summary>
    public static string? PathOf(string? socket) =>
        socket is not null && socket.StartsWith("unix:", StringComparison.Ordinal) && Uri.TryCreate(socket, UriKind.Absolute, out var uri) && uri is { Host: "", Query: "", Fragment: "", AbsolutePath.Length: > 1 }
            ? uri.AbsolutePath
            : null;

    /// <summary>Calls one method and returns its first message; of a stream, what is true now.</summary>
    /// <exception cref="IdentityException">The agent cannot be reached, refuses, or answers what is no message.</exception>
    public async Task<byte[]> CallAsync(string method, byte[] message, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(_http.Timeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/SpiffeWorkloadAPI/{method}")
            {
                Content = new ByteArrayContent(Framed(message)), Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            request.Content.Headers.ContentType = new("application/grpc");
            request.Headers.TE.Add(new("trailers"));
            request.Headers.Add("workload.spiffe.io", "true");
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (answer.StatusCode != HttpStatusCode.OK) throw new IdentityException($"the SPIFFE agent answered {(int)answer.StatusCode}");
            if (answer.Content.Headers.ContentType?.MediaType is not { } type || !type.StartsWith("application/grpc", StringComparison.Ordinal)) throw new IdentityException("what answers there is no SPIFFE agent");
            await using var body = await answer.Content.ReadAsStreamAsync(limit.Token);
            return await FirstAsync(body, limit.Token) ?? throw new IdentityException(StatusOf(answer) switch
            {
                "7" => "the SPIFFE agent gives this workload no identity (PERMISSION_DENIED)",
                "14" => "the SPIFFE agent is not available now (UNAVAILABLE)",
                var status => $"the SPIFFE agent answered without an identity (gRPC status {status})",
            });
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or InvalidDataException || (fault is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw new IdentityException($"the SPIFFE agent cannot be asked: {fault.GetType().Name}", fault);
        }
    }

    public void Dispose() => _http.Dispose();

    private static byte[] Framed(byte[] message)
    {
        var framed = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed, 5);
        return framed;
    }

    private static async Task<byte[]?> FirstAsync(Stream body, CancellationToken cancel)
    {
        var head = new byte[5];
        if (await body.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancel) < head.Length) return null;
        var length = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(1));
        if (head[0] != 0 || length > LargestMessage) throw new InvalidDataException("a compressed or oversized message");
        var message = new byte[length];
        await body.ReadExactlyAsync(message, cancel);
        return message;
    }

    private static string StatusOf(HttpResponseMessage answer) =>
        (answer.TrailingHeaders.TryGetValues("grpc-status", out var trailing) || answer.Headers.TryGetValues("grpc-status", out trailing)) && trailing.FirstOrDefault() is { Length: <= 3 } status ? status : "unknown";
}
