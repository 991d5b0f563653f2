using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Sidecar.Tests.TestInfra;

/// <summary>
/// Stands in for an agent of the SPIFFE Workload API, as its specification says: gRPC on a unix socket, the header that
/// keeps forged requests out, streams that stay open and tell every rotation. What is not in it is refused and remembered.
/// </summary>
internal sealed class SpiffeAgent : IAsyncDisposable
{
    public const int Ok = 0, InvalidArgument = 3, PermissionDenied = 7, Unavailable = 14;
    private WebApplication _app = null!;
    private volatile TaskCompletionSource _rotated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open;

    /// <summary>Identities of the one workload, the first of them its default.</summary>
    public List<(string Id, X509Certificate2 Leaf, X509Certificate2? Between)> Identities { get; } = [];

    /// <summary>JWT-SVID for an audience.</summary>
    public Func<string, string, string> Token { get; set; } = (id, audience) => $"jwt.of.{Uri.EscapeDataString(id)}.for.{audience}";

    /// <summary>Answers with this status instead.</summary>
    public int Status { get; set; }

    /// <summary>Says the status in the headers, as servers do that have nothing else to say.</summary>
    public bool HeadersOnly { get; set; }

    /// <summary>What is sent instead of a message with its frame.</summary>
    public byte[]? Garbage { get; set; }

    public string ContentType { get; set; } = "application/grpc";

    /// <summary>Streams that nobody closed.</summary>
    public int Open => _open;

    public List<string> Undocumented { get; } = [];

    public static async Task<SpiffeAgent> StartAsync(string socket)
    {
        var agent = new SpiffeAgent();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http2));
        agent._app = builder.Build();
        agent._app.Run(agent.AnswerAsync);
        await agent._app.StartAsync();
        return agent;
    }

    /// <summary>Gives the workload another certificate of the same name, and tells whoever listens.</summary>
    public void Rotate(string id, X509Certificate2 leaf, X509Certificate2? between = null)
    {
        Identities.RemoveAll(one => one.Id == id);
        Identities.Insert(0, (id, leaf, between));
        Interlocked.Exchange(ref _rotated, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        var request = http.Request;
        http.Response.ContentType = ContentType;
        if (Wrong(request) is { } wrong)
        {
            Undocumented.Add(wrong);
            await EndAsync(http, InvalidArgument);
            return;
        }

        var asked = await ReadAsync(request.Body);
        if (Status != Ok) await EndAsync(http, Status);
        else if (Garbage is { } garbage)
        {
            await http.Response.Body.WriteAsync(garbage);
            await EndAsync(http, Ok);
        }
        else if (request.Path == "/SpiffeWorkloadAPI/FetchJWTSVID") await TokenAsync(http, asked);
        else await StreamAsync(http, asked);
    }

    private static string? Wrong(HttpRequest request) =>
        request.Method != "POST" || request.Path.Value is not ("/SpiffeWorkloadAPI/FetchJWTSVID" or "/SpiffeWorkloadAPI/FetchX509SVID") ? $"{request.Method} {request.Path}"
        : request.Protocol != "HTTP/2" ? request.Protocol
        : request.ContentType != "application/grpc" ? $"content type {request.ContentType}"
        : request.Headers.TE != "trailers" ? "no te: trailers"
        : request.Headers["workload.spiffe.io"] != "true" ? "security header missing from request"
        : null;

    private static async Task<byte[]> ReadAsync(Stream body)
    {
        using var all = new MemoryStream();
        await body.CopyToAsync(all);
        var framed = all.ToArray();
        Assert.True(framed.Length >= 5 && framed[0] == 0 && BinaryPrimitives.ReadInt32BigEndian(framed.AsSpan(1)) == framed.Length - 5, "one message in its frame, and no more");
        return framed[5..];
    }

    private async Task TokenAsync(HttpContext http, byte[] asked)
    {
        var (audiences, id) = (new List<string>(), default(string));
        var input = new CodedInputStream(asked);
        for (uint tag; (tag = input.ReadTag()) != 0;)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1: audiences.Add(input.ReadString()); break;
                case 2: id = input.ReadString(); break;
                default: Undocumented.Add($"field {tag >> 3}"); input.SkipLastField(); break;
            }
        }

        if (audiences.Count == 0) await EndAsync(http, InvalidArgument);
        else if (Identities.Where(one => id is null || one.Id == id).ToList() is { Count: > 0 } mine)
        {
            await WriteAsync(http, Message(output =>
            {
                foreach (var one in mine) Member(output, 1, Message(svid => { Text(svid, 1, one.Id); Text(svid, 2, Token(one.Id, audiences[0])); Text(svid, 3, "a hint"); }));
            }));
            await EndAsync(http, Ok);
        }
        else await EndAsync(http, PermissionDenied);
    }

    /// <summary>What is true now, and again whenever that changes; until the caller has heard enough.</summary>
    private async Task StreamAsync(HttpContext http, byte[] asked)
    {
        if (asked.Length > 0) Undocumented.Add("X509SVIDRequest has no fields");
        if (Identities.Count == 0)
        {
            await EndAsync(http, PermissionDenied);
            return;
        }

        Interlocked.Increment(ref _open);
        try
        {
            while (!http.RequestAborted.IsCancellationRequested)
            {
                var next = _rotated.Task;
                await WriteAsync(http, Message(output =>
                {
                    foreach (var (id, leaf, between) in Identities) Member(output, 1, Svid(id, leaf, between));
                    // A certificate revocation list and a federated bundle, which this workload has no use for.
                    Member(output, 2, [1, 2, 3]);
                    Member(output, 3, Message(bundle => { Text(bundle, 1, "spiffe://other.example"); Member(bundle, 2, [4, 5]); }));
                }));
                await next.WaitAsync(http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private static byte[] Svid(string id, X509Certificate2 leaf, X509Certificate2? between) => Message(svid =>
    {
        Text(svid, 1, id);
        Member(svid, 2, [.. leaf.RawData, .. between?.RawData ?? []]);
        Member(svid, 3, leaf.GetECDsaPrivateKey() is { } elliptic ? elliptic.ExportPkcs8PrivateKey() : leaf.GetRSAPrivateKey()!.ExportPkcs8PrivateKey());
        Member(svid, 4, (between ?? leaf).RawData);
    });

    private async Task EndAsync(HttpContext http, int status)
    {
        var text = status.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (HeadersOnly && !http.Response.HasStarted) http.Response.Headers["grpc-status"] = text;
        else
        {
            await http.Response.StartAsync();
            http.Response.AppendTrailer("grpc-status", text);
        }
    }

    private static async Task WriteAsync(HttpContext http, byte[] message)
    {
        await http.Response.Body.WriteAsync(Framed(message));
        await http.Response.Body.FlushAsync();
    }

    public static byte[] Framed(byte[] message, byte flag = 0, int? length = null)
    {
        var framed = new byte[5 + message.Length];
        framed[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), length ?? message.Length);
        message.CopyTo(framed, 5);
        return framed;
    }

    public static byte[] Message(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true)) write(output);
        return bytes.ToArray();
    }

    public static void Member(CodedOutputStream output, int field, byte[] value)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(value));
    }

    private static void Text(CodedOutputStream output, int field, string value)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(value);
    }
}
