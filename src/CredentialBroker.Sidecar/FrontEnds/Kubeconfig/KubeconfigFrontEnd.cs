using System.Text;
using System.Text.Json;
using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.FrontEnds.Kubeconfig;

/// <summary>
/// Tells kubectl and every client-go program where the cluster is, whom to believe there, and whom to ask for a token. It
/// stays while a lease is over: who asks then is told why, which no missing file would tell.
/// </summary>
internal sealed class KubeconfigFrontEnd(KubeconfigOptions options, IReadOnlyList<HeldLease> leases, Say say) : FileFrontEnd(say)
{
    private readonly Dictionary<string, Cluster> _known = new(StringComparer.Ordinal);

    public override string Name => "kubeconfig";

    public override IReadOnlyList<HeldLease> Leases => leases;

    protected override bool Write()
    {
        if (leases.Any(lease => lease.Now is Holding.Nothing { Code: Absence.Stopped })) return false;
        var changed = false;
        foreach (var lease in leases)
        {
            if (lease.Read((held, members) => Cluster.Of(lease.Name, held.Lease.Backend, members), out _) is not { } cluster || _known.GetValueOrDefault(lease.Name) == cluster) continue;
            (_known[lease.Name], changed) = (cluster, true);
        }

        if (changed) PrivateFile.Write(options.Path, Document());
        return _known.Count > 0;
    }

    protected override void Remove()
    {
        PrivateFile.Remove(options.Path);
        _known.Clear();
    }

    /// <summary>JSON, which is YAML too.</summary>
    private byte[] Document()
    {
        var all = leases.Where(lease => _known.ContainsKey(lease.Name)).Select(lease => lease.Name).ToList();
        return Answers.Json(json =>
        {
            json.WriteString("apiVersion"u8, "v1"u8);
            json.WriteString("kind"u8, "Config"u8);
            json.WriteString("current-context"u8, all[0]);
            Each(json, "clusters", all, "cluster", name => _known[name].Write(json));
            Each(json, "contexts", all, "context", name =>
            {
                json.WriteString("cluster"u8, name);
                json.WriteString("user"u8, name);
                if (_known[name].Namespace is { } space) json.WriteString("namespace"u8, space);
            });
            Each(json, "users", all, "user", name => WriteUser(json, name));
        });
    }

    private void WriteUser(Utf8JsonWriter json, string lease)
    {
        json.WriteStartObject("exec"u8);
        json.WriteString("apiVersion"u8, "client.authentication.k8s.io/v1"u8);
        json.WriteString("command"u8, options.Command[0]);
        json.WriteStartArray("args"u8);
        foreach (var word in (string[])[.. options.Command.Skip(1), "kubectl", "--lease", lease, .. options.Socket is { } socket ? new[] { "--socket", socket } : []]) json.WriteStringValue(word);
        json.WriteEndArray();
        json.WriteString("interactiveMode"u8, "Never"u8);
        json.WriteEndObject();
    }

    private static void Each(Utf8JsonWriter json, string list, IEnumerable<string> names, string member, Action<string> write)
    {
        json.WriteStartArray(list);
        foreach (var name in names)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, name);
            json.WriteStartObject(member);
            write(name);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}

/// <summary>A cluster as a lease names it.</summary>
internal sealed record Cluster(string Server, string? Authority, string? Namespace)
{
    /// <exception cref="FormatException">The lease is of no cluster.</exception>
    public static Cluster Of(string lease, string backend, JsonElement members) => new(
        Member(members, "server") ?? throw new FormatException($"lease '{lease}' is of backend {backend}, and names no server"), Member(members, "certificateAuthority"), Member(members, "namespace"));

    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("server"u8, Server);
        // Without one, those of the machine are believed.
        if (Authority is not null) json.WriteString("certificate-authority-data"u8, Convert.ToBase64String(Encoding.UTF8.GetBytes(Authority)));
    }

    private static string? Member(JsonElement members, string name) => members.TryGetProperty(name, out var value) ? value.GetString() : null;
}
