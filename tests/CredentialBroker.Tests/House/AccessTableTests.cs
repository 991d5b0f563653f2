using CredentialBroker.TestInfra;
using CredentialBroker.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Tests.House;

public sealed class AccessTableTests
{
    [Fact]
    public async Task Every_route_has_a_row_and_every_row_has_a_route()
    {
        await using var broker = Brokers.Build();
        var routes = broker.Routes.OfType<RouteEndpoint>()
            .SelectMany(e => e.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods.Select(m => $"{m} {e.RoutePattern.RawText}"))
            .Order(StringComparer.Ordinal);
        Assert.Equal(AccessTable.Rows.Select(r => $"{r.Method} {r.Route}").Order(StringComparer.Ordinal), routes);
    }

    [Fact]
    public void No_row_stands_twice() => Assert.Distinct(AccessTable.Rows.Select(r => (r.Method, r.Route)));

    [Fact]
    public void Only_rows_for_operators_name_roles() => Assert.All(AccessTable.Rows, row =>
        Assert.Equal(row.Audience is Audience.Operator or Audience.WorkloadOrOperator or Audience.AnyoneOrOperator, row.Roles.Length > 0));
}
