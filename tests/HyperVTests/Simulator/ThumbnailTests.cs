using HvPlatform.HyperVSimulator.Model.Guest;
using Xunit;

namespace HvPlatform.HyperVTests.Simulator;

public sealed class ThumbnailTests
{
    private static readonly Guid Id = new("11111111-2222-3333-4444-555555555555");

    [Theory]
    [InlineData(80, 60)]
    [InlineData(1, 1)]
    [InlineData(640, 480)]
    public void APicture_HasTwoBytesAPixelAndIsTheSameAgain(int width, int height)
    {
        var image = Thumbnail.Draw(Id, "web-01", width, height);
        Assert.Equal(width * height * 2, image.Length);
        Assert.Equal(image, Thumbnail.Draw(Id, "web-01", width, height));
    }

    [Fact]
    public void APicture_ShowsTheNameOnTheMachinesColour()
    {
        // "I" is 3 dots wide; a dot is 7 / 7 = 1 pixel; it stands in the middle.
        var image = Thumbnail.Draw(Id, "I", 7, 7);
        var white = Enumerable.Range(0, 49).Where(pixel => Colour(image, pixel) == 0xFFFF);
        Assert.Equal([9, 10, 11, 17, 24, 31, 37, 38, 39], white);
        Assert.Equal(Thumbnail.Background(Id), Colour(image, 0));
        Assert.NotEqual(image, Thumbnail.Draw(Id, "T", 7, 7));
    }

    private static ushort Colour(byte[] image, int pixel) => (ushort)(image[pixel * 2] | (image[(pixel * 2) + 1] << 8));
}
