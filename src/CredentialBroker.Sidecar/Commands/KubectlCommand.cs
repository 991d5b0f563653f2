using System.CommandLine;
using System.Text.Json;
using CredentialBroker.Sidecar.FrontEnds.AwsContainer;

namespace CredentialBroker.Sidecar.Commands;

/// <summary>The exec credential plugin of kubectl and of every client-go program.</summary>
internal sealed class KubectlCommand(Surroundings around) : HelperCommand(around, "kubectl", "Print a token or certificate as the exec plugin of a kubeconfig wants it.")
{
    private const string Prefix = "client.authentication.k8s.io/";

    protected override Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var version = Version(Around.Variable("KUBERNETES_EXEC_INFO"));
        return AskAsync(parsed, (members, expires) => Write(json =>
        {
            json.WriteString("apiVersion"u8, version);
            json.WriteString("kind"u8, "ExecCredential"u8);
            json.WriteStartObject("status"u8);
            json.WriteString("expirationTimestamp"u8, AwsKeys.Time(expires));
            if (Find(members, "token") is { } token) json.WriteString("token"u8, token);
            else
            {
                json.WriteString("clientCertificateData"u8, Member(members, "certificate") + Find(members, "chain"));
                json.WriteString("clientKeyData"u8, Member(members, "privateKey"));
            }

            json.WriteEndObject();
        }), cancel);
    }

    /// <summary>The answer must be of the version that was asked for.</summary>
    private static string Version(string? info)
    {
        if (info is null) return Prefix + "v1";
        try
        {
            using var json = JsonDocument.Parse(info);
            if (json.RootElement.TryGetProperty("apiVersion", out var asked) && asked.GetString() is Prefix + "v1" or Prefix + "v1beta1") return asked.GetString()!;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw CommandException.Usage("KUBERNETES_EXEC_INFO is no ExecCredential");
        }

        throw CommandException.Usage($"KUBERNETES_EXEC_INFO asks for another version than {Prefix}v1 and v1beta1");
    }
}
