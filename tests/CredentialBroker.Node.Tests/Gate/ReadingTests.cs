using System.Text;
using System.Text.Json;
using CredentialBroker.Node.Gate;
using CredentialBroker.Node.Reading;

namespace CredentialBroker.Node.Tests.Gate;

/// <summary>
/// Bodies that the engine, which is written in Go, and a .NET program read differently. Go's reading stands in the table and
/// is measured against a real engine by <c>EngineTests</c>; .NET's is taken here, by the framework's own reader.
/// </summary>
public sealed class ReadingTests
{
    public sealed record Config
    {
        public Host? HostConfig { get; init; }
    }

    public sealed record Host
    {
        public bool Privileged { get; init; }

        public string[]? Binds { get; init; }
    }

    /// <summary>Body; whether Go finds Privileged true; whether .NET does; the reason why the gate refuses it, or empty.</summary>
    public static TheoryData<string, bool, bool, string> Bodies => new()
    {
        { """{"HostConfig":{"Privileged":true}}""", true, true, "" },
        { """{"hostconfig":{"PRIVILEGED":true}}""", true, true, "" },
        { "{\"Ho\u017FtConfig\":{\"Privileged\":true}}", true, false, "body_name_folds" },
        { """{"Ho\u017FtConfig":{"Privileged":true}}""", true, false, "body_name_folds" },
        { "{\"HostConfig\":{\"Privileged\":true},\"X\u212A\":1}", true, true, "body_name_folds" },
        { """{"HostConfig":{"Privileged":true},"HostConfig":{}}""", true, false, "body_name_twice" },
        { """{"HostConfig":{"Privileged":true},"hostconfig":{}}""", true, false, "body_name_twice" },
        { """{"HostConfig":{"Privileged":true,"privileged":false}}""", false, false, "body_name_twice" },
        { """{"HostConfig":{"Privileged":false,"privileged":true}}""", true, true, "body_name_twice" },
        { """{"HostConfig":{"Privileged":true},"HostConfig":null}""", false, false, "body_name_twice" },
        { """{"HostConfig":{"Privileged":false}} {"HostConfig":{"Privileged":true}}""", false, false, "body_malformed" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void R43_What_Go_and_NET_read_differently_is_refused(string body, bool go, bool net, string code)
    {
        Assert.Equal(net, ReadByNet(body));
        var refused = CodeOf(() => Creation.Of(BodyReader.Read(Encoding.UTF8.GetBytes(body))));
        Assert.Equal(code.Length == 0 ? null : code, refused);
        // What is let through, both read alike.
        if (refused is null) Assert.Equal(go, Creation.Of(BodyReader.Read(Encoding.UTF8.GetBytes(body))).Resources.Contains("privileged"));
    }

    [Theory]
    [InlineData("", "body_malformed")]
    [InlineData("[]", "body_malformed")]
    [InlineData("null", "body_malformed")]
    [InlineData("{", "body_malformed")]
    [InlineData("{\"Image\":\"a\",}", "body_malformed")]
    [InlineData("{/*c*/}", "body_malformed")]
    [InlineData("{} x", "body_malformed")]
    [InlineData("{\"Image\":\"\\ud800\"}", "body_encoding")]
    [InlineData("{\"Image\":1}", "body_member_type")]
    [InlineData("{\"HostConfig\":{\"Privileged\":\"true\"}}", "body_member_type")]
    [InlineData("{\"HostConfig\":[]}", "body_member_type")]
    [InlineData("{\"HostConfig\":{\"Binds\":\"/:/h\"}}", "body_member_type")]
    [InlineData("{\"HostConfig\":{\"Binds\":[1]}}", "body_member_type")]
    [InlineData("{\"HostConfig\":{\"NewPower\":true}}", "body_member_unknown")]
    [InlineData("{\"NewPower\":true}", "body_member_unknown")]
    [InlineData("{\"HostConfig\":{\"Mounts\":[{\"Type\":\"bind\",\"New\":1}]}}", "body_member_unknown")]
    [InlineData("{\"HostConfig\":{\"LogConfig\":{\"Type\":\"local\",\"New\":1}}}", "body_member_unknown")]
    [InlineData("{\"NetworkingConfig\":{\"EndpointsConfig\":{\"n\":{\"New\":1}}}}", "body_member_unknown")]
    public void R43_What_is_no_request_is_refused(string body, string code) => Assert.Equal(code, CodeOf(() => Creation.Of(BodyReader.Read(Encoding.UTF8.GetBytes(body)))));

    [Fact]
    public void R43_What_is_no_UTF8_or_nested_too_deeply_is_refused()
    {
        Assert.Equal("body_encoding", CodeOf(() => BodyReader.Read([.. "{\"Image\":\""u8, 0xff, .. "\"}"u8])));
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 40)) + "1" + new string('}', 40);
        Assert.Equal("body_malformed", CodeOf(() => BodyReader.Read(Encoding.UTF8.GetBytes(deep))));
    }

    [Fact]
    public void Keys_of_maps_may_be_of_any_script_and_differ_by_case_alone() =>
        Assert.Empty(Creation.Of(BodyReader.Read("""{"Labels":{"a":"1","A":"2","ſchlüſſel":"3"},"ExposedPorts":{"80/tcp":{}},"HostConfig":{"Tmpfs":{"/a":"","/A":""}}}"""u8)).Resources);

    [Theory]
    [InlineData(null, null, null, "body_type")]
    [InlineData("text/plain", "{}", null, "body_type")]
    [InlineData("application/jsonx", "{}", null, "body_type")]
    [InlineData("application/json", null, null, "body_missing")]
    [InlineData("application/json", "", "17", "body_missing")]
    [InlineData("application/json", "{}", "3", "body_truncated")]
    [InlineData("application/json", "{}", "-2", "body_truncated")]
    [InlineData("application/json; charset=utf-8", "{}", "2", null)]
    public void R43_A_body_that_is_not_shown_whole_is_refused(string? type, string? body, string? length, string? code)
    {
        var headers = new Dictionary<string, string>();
        if (type is not null) headers["Content-Type"] = type;
        if (length is not null) headers["Content-Length"] = length;
        var call = new Call { Verb = "POST", Uri = "/containers/create", Headers = headers, Body = body is null ? null : Encoding.UTF8.GetBytes(body) };
        Assert.Equal(code, CodeOf(() => CredentialBroker.Node.Gate.Bodies.Read(call)));
    }

    [Fact]
    public void R43_A_body_above_the_limit_is_refused() => Assert.Equal("body_too_large", CodeOf(() => CredentialBroker.Node.Gate.Bodies.Read(
        new Call { Headers = new Dictionary<string, string> { ["Content-Type"] = "application/json" }, Body = new byte[CredentialBroker.Node.Gate.Bodies.Largest + 1] })));

    private static bool ReadByNet(string body)
    {
        var options = new JsonSerializerOptions { PropertyNameCaseInsensitive = true };
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(body));
        return JsonSerializer.Deserialize<Config>(ref reader, options)?.HostConfig?.Privileged == true;
    }

    internal static string? CodeOf(Action act)
    {
        try
        {
            act();
            return null;
        }
        catch (UnreadableException refused)
        {
            return refused.Code;
        }
        catch (RefusedException refused)
        {
            return refused.Code;
        }
    }
}
