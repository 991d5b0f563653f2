using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Node.Approving;
using CredentialBroker.Node.Configuration;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Hosts;

namespace CredentialBroker.Node.Telling;

/// <summary>
/// The way to the broker. What is told is signed by the node's key; the connection shows the node's own certificate where it
/// has one.
/// </summary>
internal sealed class Link : IDisposable
{
    /// <summary>Less than the broker accepts after signing.</summary>
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    private readonly NodeOptions _options;
    private readonly NodeKey _key;
    private readonly HttpClient _http;
    private readonly BrokerClient _broker;

    public Link(NodeOptions options, NodeKey key)
    {
        (_options, _key) = (options, key);
        X509Certificate2Collection? roots = null;
        if (options.Broker.CaFile is { } file)
        {
            roots = [];
            roots.ImportFromPemFile(file);
        }

        _http = new HttpClient(BrokerHttp.Handler(options.Broker.Url!, roots, Own(options.Broker))) { BaseAddress = options.Broker.Url, Timeout = options.Broker.Timeout };
        _broker = new BrokerClient(_http);
    }

    /// <exception cref="BrokerException">The broker said no.</exception>
    /// <exception cref="BrokerUnreachableException">No whole answer came.</exception>
    public Task ApproveAsync(Bound bound, CallerOptions caller, CancellationToken cancel)
    {
        var approval = Approval(bound, caller);
        if (bound.Ticket is { } ticket) approval["ticket"] = ticket;
        return SubmitAsync($"{bound.Id}.{bound.Run}", approval, cancel);
    }

    private JsonObject Approval(Bound bound, CallerOptions caller) => new()
    {
        ["effect"] = "approved", ["ref"] = $"{bound.Id}.{bound.Run}", ["environment"] = _options.Environment, ["templates"] = new JsonArray([.. caller.Templates.Select(one => (JsonNode)one)]),
        ["workload"] = $"docker://{_options.Host}/{bound.Image}", ["instance"] = bound.Id, ["task"] = bound.Task(_options.Host), ["tier"] = bound.Tier, ["requester"] = bound.Caller,
        ["facts"] = new JsonObject { ["container"] = bound.Id, ["image"] = bound.Image },
        ["hostResources"] = new JsonArray([.. bound.Resources.Select(one => (JsonNode)one)]),
        // Pinned by what the engine runs. Whose signature it bears, the node does not look at.
        ["image"] = new JsonObject { ["reference"] = $"{bound.ImageName.Split('@')[0]}@{bound.Image}", ["verdict"] = "unsigned" },
        ["posture"] = bound.Class,
    };

    /// <param name="id">Name of the event; the broker takes it once.</param>
    public Task EndAsync(string id, string task, CancellationToken cancel) => SubmitAsync(id, new JsonObject { ["effect"] = "task_finished", ["task"] = task }, cancel);

    public Task<HostReceipt> ReportAsync(HostReport report, CancellationToken cancel) => _broker.ReportHostAsync(
        _options.Host, _key.Sign(NodeKey.Records, report.Id, Life, ("report", JsonSerializer.SerializeToNode(report, ProtocolJson.Default.HostReport)!)), cancel);

    public void Dispose() => _http.Dispose();

    /// <summary>An event that the broker has is told already.</summary>
    private async Task SubmitAsync(string id, JsonObject approval, CancellationToken cancel)
    {
        try
        {
            await _broker.SubmitApprovalAsync(_options.Host, _key.Sign(NodeKey.Approval, id, Life, ("approval", approval)), cancel);
        }
        catch (BrokerException known) when (known.Problem?.Code == ReasonCodes.ApprovalReplayed)
        {
        }
    }

    private static SslStreamCertificateContext? Own(BrokerOptions options)
    {
        if (options.CertificateFile is not { } file) return null;
        using var pem = X509Certificate2.CreateFromPemFile(file, options.KeyFile);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(file);
        return SslStreamCertificateContext.Create(X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null), chain, offline: true);
    }
}
