using CredentialBroker.Sidecar.FrontEnds;
using CredentialBroker.Sidecar.FrontEnds.AwsContainer;
using CredentialBroker.Sidecar.FrontEnds.Local;
using CredentialBroker.Sidecar.FrontEnds.Postgres;
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
    }

    /// <summary>Where the child finds what is on.</summary>
    public static Dictionary<string, string> Environment(FrontEndOptions options, RunningSidecar sidecar)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        if (options.Local is { } local) variables["CREDBROKER_SIDECAR_SOCKET"] = local.Socket;
        foreach (var frontEnd in sidecar.FrontEnds.Writing.OfType<PostgresFrontEnd>())
        {
            (variables["PGSERVICEFILE"], variables["PGPASSFILE"], variables["PGSERVICE"]) = (frontEnd.ServiceFile, frontEnd.PasswordFile, frontEnd.Leases[0].Name);
        }

        foreach (var frontEnd in sidecar.FrontEnds.Listening.OfType<AwsContainerFrontEnd>())
        {
            (variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"], variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]) = (frontEnd.FullUri, options.AwsContainer!.TokenFile);
        }

        return variables;
    }
}
