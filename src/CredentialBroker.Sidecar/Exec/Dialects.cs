using CredentialBroker.Sidecar.FrontEnds;
using CredentialBroker.Sidecar.FrontEnds.AwsContainer;
using CredentialBroker.Sidecar.FrontEnds.Files;
using CredentialBroker.Sidecar.FrontEnds.GoogleMetadata;
using CredentialBroker.Sidecar.FrontEnds.Kubeconfig;
using CredentialBroker.Sidecar.FrontEnds.Local;
using CredentialBroker.Sidecar.FrontEnds.Postgres;
using CredentialBroker.Sidecar.FrontEnds.Vault;
using CredentialBroker.Sidecar.Hosting;
using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.Exec;

/// <summary>
/// What a child gets without being asked: the dialect of the kind of credential that its leases are, in files and listeners
/// of its own; and in the environment only where to find them.
/// </summary>
internal static class Dialects
{
    private const string AnyPort = "127.0.0.1:0";

    /// <summary>Switches on what fits the leases that are held, where the configuration does not say otherwise.</summary>
    public static void Choose(FrontEndOptions options, HeldLeases leases, string folder)
    {
        options.Local ??= new LocalOptions { Socket = $"{folder}/sidecar.sock" };
        var byBackend = leases.ByName.Values.Where(lease => lease.Kept is not null).ToLookup(lease => lease.Kept!.Lease.Backend, lease => lease.Name);
        if (byBackend["postgres"].ToList() is { Count: > 0 } postgres) options.Postgres ??= new PostgresOptions { Folder = $"{folder}/postgres", Leases = postgres };
        if (byBackend["aws"].FirstOrDefault() is { } aws) options.AwsContainer ??= new AwsContainerOptions { Lease = aws, Listen = AnyPort, TokenFile = $"{folder}/aws-token" };
        if (byBackend["gcp"].FirstOrDefault() is { } gcp) options.GoogleMetadata ??= new GoogleMetadataOptions { Lease = gcp, Listen = AnyPort, Email = "default", Project = "default" };
        if (byBackend["kubernetes"].ToList() is { Count: > 0 } clusters) options.Kubeconfig ??= new KubeconfigOptions { Path = $"{folder}/kubeconfig", Leases = clusters, Command = [.. OwnProgram.Words], Socket = options.Local.Socket };
        foreach (var lease in leases.ByName.Keys) options.Files.TryAdd(lease, new RenderedFileOptions { Path = $"{folder}/credentials/{lease}.json", Lease = lease });
    }

    /// <summary>Where the child finds what is on.</summary>
    public static Dictionary<string, string> Environment(FrontEndOptions options, RunningSidecar sidecar, string folder)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["CREDBROKER_CREDENTIALS"] = $"{folder}/credentials" };
        if (options.Local is { } local) variables["CREDBROKER_SIDECAR_SOCKET"] = local.Socket;
        foreach (var frontEnd in sidecar.FrontEnds.Writing.OfType<PostgresFrontEnd>())
        {
            (variables["PGSERVICEFILE"], variables["PGPASSFILE"], variables["PGSERVICE"]) = (frontEnd.ServiceFile, frontEnd.PasswordFile, frontEnd.Leases[0].Name);
        }

        if (options.Kubeconfig is { } kubeconfig) variables["KUBECONFIG"] = kubeconfig.Path;
        foreach (var frontEnd in sidecar.FrontEnds.Listening)
        {
            switch (frontEnd)
            {
                case AwsContainerFrontEnd aws:
                    (variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"], variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]) = (aws.FullUri, options.AwsContainer!.TokenFile);
                    break;
                case GoogleMetadataFrontEnd google:
                    variables["GCE_METADATA_HOST"] = variables["GCE_METADATA_ROOT"] = variables["GCE_METADATA_IP"] = google.Host;
                    break;
                case VaultFrontEnd vault:
                    variables["VAULT_ADDR"] = vault.Address;
                    break;
            }
        }

        foreach (var lease in sidecar.Leases.ByName.Values.Where(lease => lease.Kept?.Lease.Backend == "github").Take(1)) Git(variables, lease.Name);
        return variables;
    }

    /// <summary>git asks this program and no other helper; nobody is prompted.</summary>
    private static void Git(Dictionary<string, string> variables, string lease)
    {
        (variables["GIT_CONFIG_COUNT"], variables["GIT_TERMINAL_PROMPT"]) = ("2", "0");
        (variables["GIT_CONFIG_KEY_0"], variables["GIT_CONFIG_VALUE_0"]) = ("credential.helper", "");
        (variables["GIT_CONFIG_KEY_1"], variables["GIT_CONFIG_VALUE_1"]) = ("credential.helper", $"!{string.Join(' ', OwnProgram.Words.Select(word => $"'{word}'"))} git --lease {lease}");
    }
}
