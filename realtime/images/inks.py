"""Images of inks (CMYK), made ones of colours (sRGB)."""

from __future__ import annotations

import io

from PIL import Image, ImageCms

from ..notes import note
from .metadata import stored_profile


def colours_of_inks(image: Image.Image) -> Image.Image:
    """Return a loaded image of inks in the colours that its profile says they are printed as.

    As is common with printed photos, the intent is relative colorimetric with black point compensation: paper
    becomes white, the darkest mix black, and colours between stay what they are beside those. Without a
    profile, or with a damaged one, each ink takes as much of its complement, which Pillow does.
    """
    profile = stored_profile(image)
    if profile is None:
        return image.convert("RGB")
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            "CMYK",
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        colours = transform.apply(image)
    except (ImageCms.PyCMSError, OSError):
        note("inks are made colours without the colour profile, as that is damaged or of another kind")
        return image.convert("RGB")
    colours.info = image.info
    return colours
