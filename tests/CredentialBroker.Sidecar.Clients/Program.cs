using System.Text.Json;
using Amazon.Runtime;
using Azure.Core;
using Azure.Identity;
using Google.Apis.Auth.OAuth2;
using Npgsql;

// .NET's own clients of clouds and databases, unmodified, for the sidecar's tests: each line of stdin asks once, "new" in a
// session of its own, and is answered with what the client then has, or with what it says.
var open = Sessions.Of(args[0]);
var ask = default(Func<Task<string>>);
while (await Console.In.ReadLineAsync() is { } line)
{
    var (got, text) = (true, "");
    try
    {
        if (ask is null || line == "new") ask = open();
        text = await ask();
    }
    // Whatever a client throws is its answer.
    catch (Exception error)
    {
        (got, text) = (false, error.ToString());
    }

    await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new { got, text }));
}

internal static class Sessions
{
    private static readonly TokenRequestContext Vault = new(["https://vault.azure.net/.default"]);

    public static Func<Func<Task<string>>> Of(string kind) => kind switch
    {
        "aws" => Aws,
        "azure" => Azure,
        "google" => Google,
        "npgsql" => Npgsql,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    private static Func<Task<string>> Aws()
    {
        var credentials = new GenericContainerCredentials();
        return async () => (await credentials.GetCredentialsAsync()).AccessKey;
    }

    private static Func<Task<string>> Azure()
    {
        var credential = new ManagedIdentityCredential(new ManagedIdentityCredentialOptions(ManagedIdentityId.SystemAssigned) { Retry = { MaxRetries = 0 } });
        return async () => (await credential.GetTokenAsync(Vault, CancellationToken.None)).Token;
    }

    private static Func<Task<string>> Google()
    {
        var credential = new ComputeCredential();
        return () => credential.GetAccessTokenForRequestAsync();
    }

    /// <summary>As an application does: host and user from the service file, the password from the file that Npgsql reads by itself.</summary>
    private static Func<Task<string>> Npgsql() => async () =>
    {
        var service = File.ReadLines(Environment.GetEnvironmentVariable("PGSERVICEFILE")!).Where(line => line.Contains('=', StringComparison.Ordinal)).Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder { Host = service["host"], Port = int.Parse(service["port"], null), Database = service["dbname"], Username = service["user"], Pooling = false });
        await using var command = source.CreateCommand("SELECT current_user");
        return (string)(await command.ExecuteScalarAsync())!;
    };
}
