using System.Reflection;
using Xunit.Sdk;

namespace CredentialBroker.Sidecar.Tests.Clients.Matrix;

/// <summary>A row of the matrix for each scenario of one client. Where the client cannot be had, each is skipped and says what is missing.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class ClientRowsAttribute : DataAttribute
{
    public ClientRowsAttribute(string client)
    {
        Client = client;
        if (RealClients.All.TryGetValue(client, out var known) && known.Missing() is { } missing) Skip = $"{client}: {missing}";
    }

    public string Client { get; }

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => Scenarios.All.Keys.Select(scenario => new object[] { Client, scenario });
}
